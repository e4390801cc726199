/** Files: from here into the bucket. */

import { type Connection, RequestError } from "./connection.ts";

export const MAX_FILE_BYTES = 10 * 1024 * 1024;
/** So long S3 takes what the server has permitted. */
const UPLOAD_TIMEOUT_MS = 5 * 60_000;
/** What the server takes; anything else goes as bytes, to be saved and not shown. */
const TYPES =
  /^(?:image\/(?:png|jpeg|gif|webp|avif)|audio\/(?:mpeg|ogg|mp4)|video\/(?:mp4|webm)|application\/(?:pdf|zip)|text\/(?:plain|csv))$/;

/** The type that a file is sent with. */
export function typeOf({ type }: File): string {
  const bare = type.split(";")[0]!.trim().toLowerCase();
  return TYPES.test(bare) ? bare : "application/octet-stream";
}

/**
 * Put a file where `sendFile` finds it.
 *
 * @returns its `fileId`
 * @throws RequestError the server's codes, or `NotUploaded` when the bucket did not take it
 */
export async function upload(connection: Connection, fetchFrom: typeof fetch, file: File): Promise<string> {
  const contentType = typeOf(file);
  const { fileId, url, fields } = await connection.ask({ action: "createUpload", contentType, sizeBytes: file.size }, "upload");
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  // S3 reads nothing that comes after the file.
  form.set("file", new Blob([file], { type: contentType }));
  const response = await fetchFrom(url, { method: "POST", body: form, signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS) }).catch(() => undefined);
  if (!response?.ok) throw new RequestError("NotUploaded", `the bucket answered ${response?.status ?? "nothing"}`);
  return fileId;
}
