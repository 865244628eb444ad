"""The second round alone, from the first's checkpoint: same as the whole recipe."""
import sys,time,json,logging; sys.path.insert(0,'.')
from pathlib import Path
from dataclasses import asdict
import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM
from model_artifacts.training import train as TR
from model_artifacts.training.corpus import read_corpus
from model_artifacts.training.__main__ import INFO
from model_artifacts.gguf.convert import convert
from model_artifacts.gguf.quantize import quantize
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
src,out=Path(sys.argv[1]),Path(sys.argv[2]); (out/'checkpoint').mkdir(parents=True,exist_ok=True)
torch.manual_seed(0); torch.set_num_threads(1); torch.use_deterministic_algorithms(True)
R=TR.Recipe(**(json.loads(sys.argv[3]) if len(sys.argv)>3 else {}))
T=Tokenizer.from_file(str(src/'checkpoint'/'tokenizer.json'))
C=read_corpus()
fresh=TR.train_tokenizer(TR._texts(C),R.vocabulary_size); assert fresh.get_vocab()==T.get_vocab()
T=fresh
M=LlamaForCausalLM.from_pretrained(src/'checkpoint',dtype=torch.float32); M.train()
t=time.process_time()
l=TR.fit(M,(C,T),R,TR.Round(R.seed+1,0,R.more_steps,R.second_learning_rate))
print('losses',l,'cpu',time.process_time()-t)
TR._save(M,T,R,out/'checkpoint')
convert(out/'checkpoint',out/'llm-twin-demo-f16.gguf',INFO); quantize(out/'llm-twin-demo-f16.gguf',out/'llm-twin-demo-q8_0.gguf','Q8_0')
(out/'training.json').write_text(json.dumps({'recipe':asdict(R),'losses':l,'cpu':time.process_time()-t}))
