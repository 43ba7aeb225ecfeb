/**
 * Node's argument for a process that shares its cores with others that are as busy: it collects garbage on the thread that made it. Helpers
 * would wait for a core, and the thread for them (infra/decisions/0046-garbage-is-collected-alone.md).
 */
export const collectsAlone = '--single-threaded-gc'
