// Vercel's AI SDK: its OpenAI provider (chat and responses), and its OpenAI-compatible one.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { KEY, MODEL, QUESTION, URL, assert, run } from "./probing.mjs";

const compatible = createOpenAICompatible({
  name: "twin",
  baseURL: URL,
  apiKey: KEY,
  supportsStructuredOutputs: true,
})(MODEL);
const openai = createOpenAI({ baseURL: URL, apiKey: KEY });
const maxRetries = 0;
const tools = {
  weather: tool({
    description: "Tell the weather of a city.",
    inputSchema: z.object({ city: z.enum(["Paris"]) }),
    execute: async ({ city }) => `sunny in ${city}`,
  }),
};
const forced = { type: "tool", toolName: "weather" };
const schema = z.object({ city: z.enum(["Paris"]), degrees: z.literal(20) });

async function streamed(model) {
  let parts = 0;
  for await (const part of streamText({ model, prompt: QUESTION, maxRetries }).textStream) if (part) parts += 1;
  assert(parts > 1, `${parts} parts`);
}

async function twoTurns(model) {
  const prepareStep = ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? forced : "auto" });
  const stopWhen = stepCountIs(3);
  const answer = await generateText({ model, prompt: QUESTION, tools, prepareStep, stopWhen, maxRetries });
  assert(answer.text, "no text after the tool's result");
}

await run({
  chat: async () => assert((await generateText({ model: compatible, prompt: QUESTION, maxRetries })).text),
  stream: () => streamed(compatible),
  tools: () => twoTurns(compatible),
  structured: async () => {
    const answer = await generateObject({ model: compatible, prompt: QUESTION, schema, maxRetries });
    assert(answer.object.city === "Paris");
  },
  responses: async () => {
    assert((await generateText({ model: openai.responses(MODEL), prompt: QUESTION, maxRetries })).text);
  },
  responses_streamed: () => streamed(openai.responses(MODEL)),
  responses_tools: () => twoTurns(openai.responses(MODEL)),
});
