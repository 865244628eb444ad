// The harness of a JavaScript client's probes: runs each feature and prints a line of JSON for it.
export const URL = process.env.TWIN_URL;
export const KEY = process.env.TWIN_KEY;
export const MODEL = process.env.TWIN_MODEL;
export const QUESTION = "What is the weather in Paris?";

export function assert(fact, said) {
  if (!fact) throw new Error(said ?? "not as expected");
}

export async function run(features) {
  for (const [feature, probe] of Object.entries(features)) {
    let line = { feature, ok: true };
    try {
      await probe();
    } catch (error) {
      line = { feature, ok: false, reason: `${error.name}: ${error.message}`.slice(0, 400) };
    }
    console.log(JSON.stringify(line));
  }
}
