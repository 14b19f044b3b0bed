/** The signals that end a command, and the exit codes that say so. */

export interface EndingSignal {
  name: 'SIGINT' | 'SIGTERM' | 'SIGHUP';
  exitCode: number;
}

const SIGNALS: EndingSignal[] = [
  { name: 'SIGINT', exitCode: 130 },
  { name: 'SIGTERM', exitCode: 143 },
  { name: 'SIGHUP', exitCode: 129 },
];

/** Calls `act` for each signal, with how often that one has come. Gives what ends the listening. */
export function onSignals(act: (signal: EndingSignal, times: number) => void): () => void {
  const listeners = SIGNALS.map((signal) => {
    let times = 0;
    const listener = (): void => act(signal, ++times);
    process.on(signal.name, listener);
    return () => process.off(signal.name, listener);
  });
  return () => {
    for (const stop of listeners) stop();
  };
}
