import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes a folder and everything in it readable by everyone, whatever the umask and the copied files' modes:
 * Lambda runs the code as a user other than the files' owner.
 *
 * @param commands names of files in the folder to make executable
 */
export async function makeReadable(folder: string, commands: readonly string[] = []): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const isOpen = entry.isDirectory() || commands.includes(entry.name);
    await chmod(join(entry.parentPath, entry.name), isOpen ? 0o755 : 0o644);
  }
}
