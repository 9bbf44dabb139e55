// The participant's own image, read by the browser.

const MAX_SIDE = 256; // pixels: what filters within a frame
const MIN_SIDE = 8; // a 7×7 kernel mirrors up to three pixels beyond the border

/**
 * Read an image file. Resolves to {name, entry, note} or {error}: it never rejects, and what is on screen stays.
 * Larger pictures are scaled down, transparent ones laid on white, animated ones show their first frame; the note says so.
 */
export async function readImageFile(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return {
      error: `“${file.name}” is not an image that this browser can read. PNG, JPEG, GIF, WebP and BMP work; for others try ImageFilter("path/to/file") in Python.`,
    };
  }
  const notes = [];
  const shrink = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((v) => Math.max(1, Math.round(v * shrink)));
  if (Math.min(width, height) < MIN_SIDE) {
    const size = `${bitmap.height}×${bitmap.width}`;
    bitmap.close();
    return { error: `“${file.name}” is ${size}; at most ${MAX_SIDE} pixels wide or high, too little is left of it. At least ${MIN_SIDE}×${MIN_SIDE} is needed.` };
  }
  if (shrink < 1) notes.push(`scaled down from ${bitmap.height}×${bitmap.width} to ${height}×${width}`);
  if (file.type === "image/gif") notes.push("of an animation the first picture");
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const values = new Float32Array(width * height * 3);
  let clear = false;
  for (let n = 0; n < width * height; n++) {
    const alpha = data[4 * n + 3] / 255;
    clear ||= alpha < 1;
    for (let m = 0; m < 3; m++) values[3 * n + m] = (data[4 * n + m] / 255) * alpha + 1 - alpha;
  }
  if (clear) notes.push("transparent parts laid on white");
  const entry = { shape: [height, width, 3], data: new DataView(values.buffer), field: false, units: "" };
  return { name: file.name, entry, note: notes.length ? `${file.name}: ${notes.join(", ")}.` : null };
}
