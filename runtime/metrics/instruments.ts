import { Counter, Gauge, type Registry } from 'prom-client'

/** A value and what it is about. */
export type Sample = { readonly labels?: Readonly<Record<string, string>>; readonly value: number }

type Instrument = {
  name: string
  help: string
  labels?: readonly string[]
  /** Asked at every scrape. */
  read: () => readonly Sample[] | Promise<readonly Sample[]>
}

/** Values that go up and down. */
export function gauge(registry: Registry, { name, help, labels = [], read }: Instrument): void {
  new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    async collect() {
      const samples = await read()
      this.reset()
      for (const { labels: of = {}, value } of samples) this.set({ ...of }, value)
    },
  })
}

/** Totals that somebody else keeps. */
export function counter(registry: Registry, { name, help, labels = [], read }: Instrument): void {
  new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    async collect() {
      const samples = await read()
      this.reset()
      for (const { labels: of = {}, value } of samples) this.inc({ ...of }, value)
    },
  })
}

/** How many there are of each kind. */
export function countBy<T>(things: Iterable<T>, label: string, kindOf: (thing: T) => string): Sample[] {
  const counts = new Map<string, number>()
  for (const thing of things) counts.set(kindOf(thing), (counts.get(kindOf(thing)) ?? 0) + 1)
  return [...counts].map(([kind, value]) => ({ labels: { [label]: kind }, value }))
}
