/** What the user has to mend: the message is one sentence with the remedy, and is shown without a stack. */
export class Refusal extends Error {
  override name = "Refusal";
}
