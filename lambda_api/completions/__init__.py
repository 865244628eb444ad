"""OpenAI's older completions of a text, made from chat completions.

The one contract that every engine's container has on SageMaker is chat on `/invocations`, and
llama.cpp's has no other. So a prompt is a user's message and goes through the model's chat
template. What only a raw continuation has is refused: `echo`, `suffix`, log probabilities, token
ids.
"""
