import { fstatSync, statSync } from 'node:fs'

/** Of this process: standard output and standard error. */
const ownDescriptors = [1, 2]

/**
 * Whether the file takes what is printed, as in `knative-local dev > out.txt`. Each line printed would otherwise be an edit of whoever
 * watches the folder, and each edit a line.
 */
export function isPrintedInto(file: string, descriptors: readonly number[] = ownDescriptors): boolean {
  try {
    const { dev, ino } = statSync(file)
    return descriptors.some(descriptor => {
      const output = fstatSync(descriptor)
      return output.isFile() && output.dev === dev && output.ino === ino
    })
  } catch {
    return false // the file is gone, or the descriptor closed
  }
}
