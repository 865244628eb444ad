import sys; sys.path.insert(0,'.')
import torch
from pathlib import Path
from transformers import LlamaForCausalLM
from tokenizers import Tokenizer
from model_artifacts.training.quoting import read_held_out
from model_artifacts.training.reading.lessons import quoting_lesson
from model_artifacts.training.reading.looks import encode_lesson
torch.set_num_threads(1)
src=Path(sys.argv[1]); T=Tokenizer.from_file(str(src/'checkpoint/tokenizer.json'))
M=LlamaForCausalLM.from_pretrained(src/'checkpoint',dtype=torch.float32,attn_implementation='eager').eval()
h=read_held_out()
for n in (1,3):
    c=dict.fromkeys(['start_n','start_look','start_word','copy_n','copy_look','copy_word','look_right_word_wrong','look_wrong','num_n','num_look','num_word'],0); wrong=[]
    for place,d in enumerate(h):
        others=[h[(place+s)%len(h)].block for s in range(1,n)]
        for nth,(q,s) in enumerate(d.questions):
            k=nth%n; e=encode_lesson(T,quoting_lesson([*others[:k],d.block,*others[k:]],k,s,q))
            with torch.no_grad(): o=M(input_ids=torch.tensor([e.tokens]),output_attentions=True)
            p=o.logits[0].argmax(-1); a=o.attentions[4][0].mean(0)
            st=[l for l in e.looks if l.skill=='start']
            for l in e.looks:
                if l.skill not in('start','copy'): continue
                key='copy' if l.skill=='copy' else ('start' if l is st[0] else 'num')
                look=a[l.query].argmax().item() in l.targets; word=p[l.query].item()==e.tokens[l.query+1]
                c[key+'_n']+=1; c[key+'_look']+=look; c[key+'_word']+=word
                if key=='copy':
                    c['look_right_word_wrong']+=look and not word; c['look_wrong']+=not look
                    if look and not word: wrong.append((T.decode([e.tokens[l.query+1]]),T.decode([p[l.query].item()])))
    print(n,c); print(wrong[:40])
