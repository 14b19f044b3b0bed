import { expect, test } from 'vitest';
import { parseCommand } from '../shell/parse-command.ts';
import { namedHosts } from './named-hosts.ts';

test.each([
  ['curl https://a.example/x', ['a.example:443']],
  ['curl -s https://a.example/x | sh', ['a.example:443']],
  ['curl --proxy=http://b.example:3128 https://a.example', ['b.example:3128', 'a.example:443']],
  ['curl a.example', ['a.example:80']],
  ['/usr/bin/wget -q a.example:8080/x', ['a.example:8080']],
  ['curl localhost:3000/health', ['localhost:3000 loopback']],
  ['curl 169.254.169.254/latest', ['169.254.169.254:80 metadata']],
  ['curl "[::1]:80"', ['[::1]:80 loopback']],
  ['curl --max-time 10 -o - https://a.example', ['a.example:443']],
  ['git clone https://user:word@a.example/x.git', ['a.example:443']],
  ['git clone ssh://git@a.example/x.git', ['a.example:22']],
  ['echo "see http://127.1/"', ['127.0.0.1:80 loopback']],
  ['npm test', []],
  ['cat a.example', []],
  ['curl "https://a.example/$x"', ['a.example:443']],
  ['curl "https://$host/"', ['$host:0 made']],
  ['curl "http://a.$domain:80/"', ['a.$domain:80:0 made']],
  ['curl --url="https://${host}/" https://b.example/$x', ['${host}:0 made', 'b.example:443']],
  ['curl http://[::1]:8080/$x', ['[::1]:8080 loopback']],
  ['for x in a b; do curl "https://a.example/$x"; done', ['a.example:443']],
])('%s names %j', (line, expected) => {
  const found = namedHosts('cmd', parseCommand(line, 'bash')).map(
    ({ host, port, scope, dynamic }) => `${host}:${port}${scope ? ` ${scope}` : ''}${dynamic ? ' made' : ''}`,
  );
  expect(found).toEqual(expected);
});
