// The official JavaScript client.
import OpenAI from "openai";
import { KEY, MODEL, QUESTION, URL, assert, run } from "./probing.mjs";

const client = new OpenAI({ baseURL: URL, apiKey: KEY, maxRetries: 0 });
const messages = [{ role: "user", content: QUESTION }];
const weather = {
  name: "weather",
  parameters: { type: "object", properties: { city: { enum: ["Paris"] } }, required: ["city"] },
};
const tools = [{ type: "function", function: weather }];
const tool_choice = { type: "function", function: { name: "weather" } };

await run({
  chat: async () => {
    const answer = await client.chat.completions.create({ model: MODEL, messages });
    assert(answer.choices[0].message.content);
  },
  stream: async () => {
    const stream = await client.chat.completions.create({ model: MODEL, messages, stream: true });
    let parts = 0;
    for await (const chunk of stream) if (chunk.choices[0]?.delta?.content) parts += 1;
    assert(parts > 1);
  },
  tools: async () => {
    const first = await client.chat.completions.create({ model: MODEL, messages, tools, tool_choice });
    const message = first.choices[0].message;
    const result = { role: "tool", tool_call_id: message.tool_calls[0].id, content: "sunny" };
    const turns = [...messages, message, result];
    const second = await client.chat.completions.create({ model: MODEL, messages: turns, tools });
    assert(second.choices[0].message.content);
  },
  tools_streamed: async () => {
    const final = await client.chat.completions.stream({ model: MODEL, messages, tools, tool_choice }).finalMessage();
    assert(JSON.parse(final.tool_calls[0].function.arguments).city === "Paris");
  },
  responses: async () => {
    assert((await client.responses.create({ model: MODEL, input: QUESTION })).output_text);
  },
  responses_streamed: async () => {
    const final = await client.responses.stream({ model: MODEL, input: QUESTION }).finalResponse();
    assert(final.output_text);
  },
  responses_tools: async () => {
    const tool = { type: "function", strict: false, ...weather };
    const forced = { type: "function", name: "weather" };
    const asked = { model: MODEL, input: QUESTION, tools: [tool], tool_choice: forced };
    const first = await client.responses.create(asked);
    const call = first.output.find((item) => item.type === "function_call");
    const output = { type: "function_call_output", call_id: call.call_id, output: "sunny" };
    const input = [{ role: "user", content: QUESTION }, call, output];
    assert((await client.responses.create({ model: MODEL, input, tools: [tool] })).output_text);
  },
  models: async () => {
    const [model] = (await client.models.list()).data;
    assert((await client.models.retrieve(model.id)).id === model.id);
  },
  completions: async () => {
    assert((await client.completions.create({ model: MODEL, prompt: QUESTION })).choices[0].text);
  },
});
