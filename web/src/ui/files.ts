import { Told } from "../told";

/** [bytes] No file of the project that a person hands over is larger. */
const MOST = 4_000_000;

/** Saves a text as a file of the person's. */
export function offer(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The text of a file that a person has picked. */
export async function picked(file: File | undefined): Promise<string> {
  if (!file) throw new Told("noFile");
  if (file.size > MOST) throw new Told("fileLarge");
  return file.text();
}

/** A picked file as JSON; refused in words where it is none. */
export async function pickedJson<T>(file: File | undefined): Promise<T> {
  const text = await picked(file);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Told("fileNoJson");
  }
}
