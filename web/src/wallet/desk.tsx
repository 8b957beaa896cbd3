/** The desk of the connected wallet: the question before signing, and what has become of what was sent. */

import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { Hex } from "viem";
import { getTransactionReceipt } from "viem/actions";
import { decimal } from "../format";
import { t } from "../i18n";
import { Trouble, Hex as HexText } from "../ui/parts";
import { useShared } from "../ui/hooks";
import { Told } from "../told";
import type { Provider } from "./providers";
import { lookAfter, rehearse, send, type Plan, type Rehearsal, type Sent } from "./send";

interface Desk { readonly provider: Provider | null; propose(plan: Plan | Promise<Plan>): void }

const DeskContext = createContext<Desk>({ provider: null, propose: () => undefined });
export const useDesk = (): Desk => useContext(DeskContext);

let counter = 0;
/** [ms] between two looks at a transaction that the next step waits for */
const LOOK = 400;
/** [ms] after which a step's transaction is left to the list of sent ones */
const PATIENCE = 180_000;

export function DeskRoom({ provider, children }: { provider: Provider | null; children: ComponentChildren }) {
  const { net, head, hash, me } = useShared();
  const [plan, setPlan] = useState<Plan | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  const [sent, setSent] = useState<readonly Sent[]>([]);
  const change = (id: number, by: Partial<Sent>) => setSent((all) => all.map((s) => (s.id === id ? { ...s, ...by } : s)));

  useEffect(() => {
    for (const one of sent) {
      lookAfter(net, one, head).then((next) => { if (next !== one) change(one.id, next); }, () => undefined); // the banner tells of a silent node
    }
  }, [hash, sent.map((s) => s.hash ?? "").join()]);

  const propose = (wanted: Plan | Promise<Plan>) => {
    setTrouble(null);
    Promise.resolve(wanted).then(setPlan, setTrouble);
  };

  /** Signs and sends every step, each when the one before it is mined. */
  const go = async (of: Plan, first: Rehearsal) => {
    if (!me || !provider) return;
    setPlan(null);
    let last: Hex | undefined;
    for (const [i, step] of of.steps.entries()) {
      const id = ++counter;
      setSent((all) => [...all.slice(-5), { id, title: of.steps.length > 1 ? step.words : of.title, state: "signing" }]);
      try {
        const rehearsed = i === 0 ? first : await rehearse(net, me.address, step);
        last = await send(net, provider, me.address, step, rehearsed);
        change(id, { state: "pending", hash: last });
        if (i + 1 < of.steps.length) await mined(last);
      } catch (error) {
        change(id, { state: error instanceof Told && error.key === "signatureRejected" ? "rejected" : "failed", error });
        return;
      }
    }
    if (last && of.done) await mined(last).then(() => of.done?.(last as Hex), () => undefined);
  };

  const mined = async (hash: Hex) => {
    for (const start = Date.now(); Date.now() - start < PATIENCE; await new Promise((go) => setTimeout(go, LOOK))) {
      const receipt = await getTransactionReceipt(net.client, { hash }).catch(() => null);
      if (receipt?.status === "success") return;
      if (receipt) throw new Told("failedAtMining");
    }
    throw new Told("stillPending");
  };

  return (
    <DeskContext.Provider value={{ provider, propose }}>
      {children}
      {plan && <Question plan={plan} close={() => setPlan(null)} go={go} />}
      <div class="acts" role="status" aria-live="polite">
        {trouble !== null && <div class="act failed"><Trouble error={trouble} /><button class="plain" onClick={() => setTrouble(null)}>{t("close")}</button></div>}
        {sent.map((one) => <SentLine one={one} drop={() => setSent((all) => all.filter((s) => s.id !== one.id))} />)}
      </div>
    </DeskContext.Provider>
  );
}

function SentLine({ one, drop }: { one: Sent; drop: () => void }) {
  const told = { signing: "stateSigning", pending: "statePending", mined: "stateMined", reorganised: "stateReorganised", replaced: "stateReplaced", failed: "stateFailed", rejected: "stateRejected" } as const;
  return (
    <div class={`act ${one.state}`} data-state={one.state}>
      <p><strong>{one.title}</strong></p>
      <p class="soft">
        {t(told[one.state], { block: one.block ?? "" })} {one.hash && <a href={`#/event/${one.hash}`}><HexText of={one.hash} /></a>}
      </p>
      {one.error !== undefined && <Trouble error={one.error} />}
      <button class="plain" onClick={drop}>{t("close")}</button>
    </div>
  );
}

function Question({ plan, close, go }: { plan: Plan; close: () => void; go: (plan: Plan, first: Rehearsal) => void }) {
  const { net, me } = useShared();
  const { provider } = useDesk();
  const [rehearsal, setRehearsal] = useState<Rehearsal | null>(null);
  const [error, setError] = useState<unknown>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => { dialog.current?.showModal(); }, []);
  useEffect(() => {
    const [first] = plan.steps;
    if (me && first) rehearse(net, me.address, first).then(setRehearsal, setError);
  }, [plan, me?.address]);
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="question">
      <div>
        <h2 id="question">{plan.title}</h2>
        {plan.words.map((line) => <p>{line}</p>)}
        {plan.steps.length > 1 && <><p class="soft">{t("severalSteps", { count: plan.steps.length })}</p><ol>{plan.steps.map((s) => <li>{s.words}</li>)}</ol></>}
        {!me || !provider ? <p class="note">{t("connectFirst")}</p>
          : error !== null ? <Trouble error={error} />
          : rehearsal ? <p class="soft">{rehearsal.free ? t("feeNone") : t("feeAbout", { amount: decimal(rehearsal.cost / 10n ** 9n, 9, 4) })} {t("simulated")}</p>
          : <p class="soft" role="status">{t("simulating")}</p>}
        <div class="row end">
          <button onClick={() => dialog.current?.close()}>{t("cancel")}</button>
          <button class="main" disabled={!rehearsal || !provider} onClick={() => rehearsal && go(plan, rehearsal)}>{t("sign")}</button>
        </div>
      </div>
    </dialog>
  );
}
