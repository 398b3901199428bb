/** A baseline has no reason to outlive the bench that started it. */
process.once('disconnect', () => process.exit())
process.once('SIGTERM', () => process.exit())
