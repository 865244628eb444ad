import sys,time,json,math; sys.path.insert(0,'.')
from pathlib import Path
import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM
from model_artifacts.training import train as TR
from model_artifacts.training.corpus import read_corpus
from model_artifacts.training.reading import looks as LK
from model_artifacts.training.reading.losses import attention_losses
from model_artifacts.training.reading.batches import ReadingBatches
from model_artifacts.training.quoting import read_held_out
from model_artifacts.training.reading.lessons import quoting_lesson
LK.SKILLS["start"]=LK.Skill(5,(0,1,2,3))
torch.set_num_threads(1); torch.manual_seed(0)
src=Path('run3'); C=read_corpus(); R=TR.Recipe()
T=TR.train_tokenizer(TR._texts(C),R.vocabulary_size); assert T.get_vocab()==Tokenizer.from_file('run3/checkpoint/tokenizer.json').get_vocab()
M=LlamaForCausalLM.from_pretrained('run3/checkpoint',dtype=torch.float32); M.train()
opt=TR._optimizer(M,1.5e-3); BASE=[g['lr'] for g in opt.param_groups]
rd=ReadingBatches(C,T,7,tokens=900); dr=rd.drills(10**6)
h=read_held_out()
def held():
    M.set_attn_implementation("eager"); r=[]
    for n in (1,3):
        c=[0]*5; ex=0
        for place,d in enumerate(h):
            others=[h[(place+s)%len(h)].block for s in range(1,n)]
            for nth,(q,s) in enumerate(d.questions):
                k=nth%n; e=LK.encode_lesson(T,quoting_lesson([*others[:k],d.block,*others[k:]],k,s,q))
                with torch.no_grad(): o=M(input_ids=torch.tensor([e.tokens]),output_attentions=True)
                p=o.logits[0].argmax(-1); a=o.attentions[5][0].mean(0); st=[l for l in e.looks if l.skill=='start'][0]
                c[0]+=a[st.query].argmax().item() in st.targets; c[1]+=p[st.query].item()==e.tokens[st.query+1]
                w=[p[i].item()==e.tokens[i+1] for i in range(len(e.tokens)-1) if e.learned[i+1]]; c[2]+=sum(w); c[3]+=len(w); ex+=all(w)
        r.append(f"{n}: start look {c[0]} word {c[1]}, tokens {c[2]/c[3]:.3f}, exact {ex}/27")
    return r
print(held(),flush=True)
END=time.time()+float(sys.argv[1])*60; t0=time.time(); step=0; ema={}
while time.time()<END:
    el=(time.time()-t0)/(END-t0); k=min(1,(step+1)/30)*(.02+.98*.5*(1+math.cos(math.pi*el)))
    for g,b in zip(opt.param_groups,BASE): g['lr']=b*k
    drill=step%5==4
    b=next(dr) if drill else rd.lessons(1.0)
    v=TR._backward(M,b,1.0); torch.nn.utils.clip_grad_norm_(M.parameters(),1.0); opt.step(); opt.zero_grad()
    for n,x in v.items():
        n=('drill ' if drill else '')+n; ema[n]=.9*ema.get(n,x)+.1*x
    if step%40==0: print(step,f"{time.process_time():.0f}s",{n:round(x,3) for n,x in ema.items()},flush=True)
    step+=1
print(step,f"{time.process_time():.0f}s",held()); torch.save(M.state_dict(),'l5.pt')
