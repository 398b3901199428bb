import type { TestEvent } from 'node:test/reporters'

/** A reporter that says nothing but the names of the files in which something failed, one a line. */
export default async function* failedFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Set<string>()
  for await (const { type, data } of events) if (type === 'test:fail' && data.file) files.add(data.file)
  for (const file of files) yield `${file}\n`
}
