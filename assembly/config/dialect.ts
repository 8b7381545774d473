/** The API that a request speaks: it decides the shape of the request and of its answer. */
export enum Dialect {
  Chat, // /v1/chat/completions
  Completions, // /v1/completions
  Responses, // /v1/responses
  Messages, // /v1/messages, Anthropic's
  Other, // embeddings, images, audio: one JSON or binary answer
}
