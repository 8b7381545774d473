/** How many attempt roots live in this VM: whether answers are judged there or by the gateway role. */
export let attemptRoots: i32 = 0;

export function addAttemptRoot(): void {
  attemptRoots++;
}

export function removeAttemptRoot(): void {
  attemptRoots--;
}
