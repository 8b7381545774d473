/** A chat of `size` bytes in all, with line breaks, quotes and some letters beyond ASCII, as prompts have them. */
export function chatOf(size: number): Buffer {
  const line = 'He said: "The gateway must not fail", and she wrote it down \u2014 na\u00efve or not.\n';
  const render = (filler: string[]) =>
    Buffer.from(
      JSON.stringify({
        model: "bench-model",
        messages: filler.map((content, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content })),
        temperature: 0.7,
        max_tokens: 256,
      }),
    );
  const message = line.repeat(6);
  const messages: string[] = [];
  const used = () => render([...messages, ""]).length;
  const each = render([message, message]).length - render([message]).length;
  while (messages.length < Math.floor((size - 200) / each)) messages.push(message);
  return render([...messages, "x".repeat(size - used())]);
}
