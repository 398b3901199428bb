import { enableCompileCache } from 'node:module'
import { pathToFileURL } from 'node:url'
import { isSystemError, MediaError } from '../core/kernel/errors.ts'
import { helpText, readArguments } from './config/arguments.ts'
import { describeStartFailure, readEnv } from './config/env.ts'
import { lockData } from './data-lock.ts'

enableCompileCache()

/** Milliseconds that closing may take before the process ends anyway. */
const CLOSE_DEADLINE_MS = 12_000
/** A terminal, and whoever started us, may both pass on the same Ctrl-C; that is one signal. */
const SAME_SIGNAL_MS = 250

/** What this process and its children write, others on this machine can not read: databases, recordings, pictures. */
const UMASK = 0o027

async function main(): Promise<void> {
  process.umask(UMASK)
  const { insecure, help, reload, plugins: list } = readArguments()
  if (help) return void process.stdout.write(helpText())
  const config = readEnv(process.env, { insecure })

  const [{ startRuntime }, { ServerLog }, { welcome }, { loadPluginsConfig }] = await Promise.all([
    import('./runtime.ts'),
    import('./log.ts'),
    import('./welcome.ts'),
    import('./host/plugins-config.ts'),
  ])
  process.once('exit', lockData(config.dataDir))
  const log = new ServerLog({ level: config.logLevel, held: true })
  process.once('exit', () => log.release())
  const plugins = await loadPluginsConfig(
    list === undefined ? import.meta.resolve('../plugins.config.ts') : pathToFileURL(list).href,
    config,
  )
  const starting = startRuntime({ config, plugins, log })
  const end = endingOnce(async () => (await starting).close())
  takeSignals(end)
  const runtime = await starting
  // mediasoup's own listeners, which came with the media workers, would end these before anything else.
  takeSignals(end)
  if (reload) {
    const { reloadOnChange } = await import('./host/plugin-reload.ts')
    reloadOnChange(runtime.host, log.log)
  }
  process.stdout.write(welcome(config, runtime))
  log.release()
  process.on('unhandledRejection', (error) => log.log.error({ err: error }, 'unhandled rejection'))
}

type End = (signal: NodeJS.Signals) => void

/** The first signal ends well; a second one, or a close that hangs, ends at once. Children end with us either way. */
function endingOnce(close: () => Promise<void>): End {
  let closingSince: number | undefined
  return (signal) => {
    if (closingSince !== undefined) {
      if (performance.now() - closingSince > SAME_SIGNAL_MS) process.kill(process.pid, 'SIGKILL')
      return
    }
    closingSince = performance.now()
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), CLOSE_DEADLINE_MS).unref()
    close().then(
      () => process.exit(0),
      () => process.exit(signal === 'SIGINT' ? 130 : 1),
    )
  }
}

function takeSignals(end: End): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.removeAllListeners(signal).on(signal, end)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${describeStartFailure(error)}\n`)
  if (!(error instanceof MediaError || isSystemError(error)) && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exit(1)
}
