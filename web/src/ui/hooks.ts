import { createContext, h, type ComponentType } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { Me } from "../data/account";
import type { Net } from "../net";

/** What every view is given: the market, its newest block with its hash, and the connected wallet. */
export interface Shared { readonly net: Net; readonly head: bigint; readonly hash: string; readonly now: number; readonly me: Me | null }

export const Context = createContext<Shared | null>(null);

export function useShared(): Shared {
  const found = useContext(Context);
  if (!found) throw new Error("no market");
  return found;
}

export interface Loaded<T> { readonly value?: T; readonly error?: unknown }

/** Loads a value, and again with each block; the last one stays while the next is under way. */
export function useLive<T>(load: (net: Net) => Promise<T>, ...on: readonly (string | number | boolean | null)[]): Loaded<T> {
  const { net, hash } = useShared();
  const [state, set] = useState<Loaded<T>>({});
  const asked = useRef("");
  const busy = useRef(false);
  const key = JSON.stringify(on);
  const missed = useRef(false); // a block came while the last one was being read
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (busy.current && asked.current === key) {
      missed.current = true;
      return;
    }
    if (asked.current !== key) set({});
    asked.current = key;
    const run = () => {
      busy.current = true;
      missed.current = false;
      const ended = (next: (old: Loaded<T>) => Loaded<T>) => {
        if (asked.current !== key) return;
        busy.current = false;
        set(next);
        if (missed.current) run();
      };
      latest.current(net).then((value) => ended(() => ({ value })), (error: unknown) => ended((old) => ({ ...old, error })));
    };
    run();
  }, [net, hash, key]); // a reorganisation may leave the number as it was
  return state;
}

/** A component that is loaded when it is first shown; nothing stands in its place until then. */
export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  let known: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [Body, set] = useState<ComponentType<P> | null>(() => known);
    useEffect(() => {
      if (!Body) load().then((module) => { known = module.default; set(() => module.default); }, () => undefined); // its place stays empty
    }, []);
    return Body ? h(Body, props) : null;
  };
}
