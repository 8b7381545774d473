/** Bodies of errors, by the shapes that providers share. */

/** OpenAI's shape, which most providers have. */
export const openai = (message: string, code: string | number | null = null, type: string | null = null) => ({
  error: { message, type, param: null, code },
});
export const anthropic = (type: string, message = "Something.") => ({ type: "error", error: { type, message } });
export const google = (code: number, status: string, message = "Something.", details: object[] = []) => ({
  error: { code, message, status, details },
});
/** MiniMax's frame. */
export const frame = (status_code: number, status_msg: string) => ({
  id: "1",
  choices: null,
  base_resp: { status_code, status_msg },
});
