// The tests run the bundle that ships, so it is built afresh before them.
import { execFileSync } from 'node:child_process';

export default function buildBundle(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
