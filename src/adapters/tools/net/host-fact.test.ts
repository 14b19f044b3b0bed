import { describe, expect, test } from 'vitest';
import { hostFact } from './host-fact.ts';

/** Host, port and what kind of place that is, in short. */
function seen(url: string): string {
  const fact = hostFact('url', url);
  if (fact === undefined) return 'no URL';
  const { host, port, scope = 'public', refused } = fact;
  return refused ? `${refused} ${host}` : `${host}:${port} ${scope}`;
}

describe('however it is spelt, it is where it leads', () => {
  test.each([
    // loopback as numbers
    ['http://127.0.0.1/', '127.0.0.1:80 loopback'],
    ['http://127.1/', '127.0.0.1:80 loopback'],
    ['http://127.0.1/', '127.0.0.1:80 loopback'],
    ['http://127.1:8080/', '127.0.0.1:8080 loopback'],
    ['http://2130706433/', '127.0.0.1:80 loopback'],
    ['http://0x7f000001/', '127.0.0.1:80 loopback'],
    ['http://0x7f.1/', '127.0.0.1:80 loopback'],
    ['http://0x7F.0x0.0x0.0x1/', '127.0.0.1:80 loopback'],
    ['http://017700000001/', '127.0.0.1:80 loopback'],
    ['http://0177.0.0.1/', '127.0.0.1:80 loopback'],
    ['http://0177.0x0.0.1/', '127.0.0.1:80 loopback'],
    ['http://127.0.0.1./', '127.0.0.1:80 loopback'],
    ['http://127.127.127.127/', '127.127.127.127:80 loopback'],
    ['http://0/', '0.0.0.0:80 unspecified'],
    ['http://0.0.0.0:22/', '0.0.0.0:22 unspecified'],
    ['http://00000000/', '0.0.0.0:80 unspecified'],
    // in other alphabets and escapes
    ['http://１２７.０.０.１/', '127.0.0.1:80 loopback'],
    ['http://127。0。0。1/', '127.0.0.1:80 loopback'],
    ['http://①②⑦.0.0.①/', '127.0.0.1:80 loopback'],
    ['http://%31%32%37.0.0.1/', '127.0.0.1:80 loopback'],
    ['http://127%2e0%2e0%2e1/', '127.0.0.1:80 loopback'],
    ['http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/', 'localhost:80 loopback'],
    ['http://loc\u00adalhost/', 'localhost:80 loopback'],
    // loopback by name
    ['http://localhost/', 'localhost:80 loopback'],
    ['http://LOCALHOST/', 'localhost:80 loopback'],
    ['http://localhost./', 'localhost:80 loopback'],
    ['http://any.localhost:9/', 'any.localhost:9 loopback'],
    // blanks, slashes and line ends that parsers take away
    ['  http://127.0.0.1/  ', '127.0.0.1:80 loopback'],
    ['ht\ntp://127.0.\t0.1/', '127.0.0.1:80 loopback'],
    ['http:\\\\127.0.0.1\\', '127.0.0.1:80 loopback'],
    ['http:/127.0.0.1/', '127.0.0.1:80 loopback'],
    ['http:127.0.0.1', '127.0.0.1:80 loopback'],
    ['http:////127.0.0.1/', '127.0.0.1:80 loopback'],
    ['http:///127.0.0.1/', '127.0.0.1:80 loopback'],
    ['HTTPS://127.0.0.1', '127.0.0.1:443 loopback'],
    // IPv6, and IPv4 within it
    ['http://[::1]/', '[::1]:80 loopback'],
    ['http://[0:0:0:0:0:0:0:1]:81/', '[::1]:81 loopback'],
    ['http://[0000::0001]/', '[::1]:80 loopback'],
    ['http://[::]/', '[::]:80 unspecified'],
    ['http://[::ffff:127.0.0.1]/', '[::ffff:7f00:1]:80 loopback'],
    ['http://[::ffff:7f00:1]/', '[::ffff:7f00:1]:80 loopback'],
    ['http://[::127.0.0.1]/', '[::7f00:1]:80 loopback'],
    ['http://[64:ff9b::10.0.0.1]/', '[64:ff9b::a00:1]:80 private'],
    ['http://[2002:7f00:1::]/', '[2002:7f00:1::]:80 loopback'],
    ['http://[0:0:0:0:0:ffff:7f00:1]/', '[::ffff:7f00:1]:80 loopback'],
    ['http://[::ffff:0:127.0.0.1]/', '[::ffff:0:7f00:1]:80 loopback'],
    ['http://[64:ff9b::7f00:1]/', '[64:ff9b::7f00:1]:80 loopback'],
    ['http://[64:ff9b:1::7f00:1]/', '[64:ff9b:1::7f00:1]:80 private'],
    ['http://[fe80::1]/', '[fe80::1]:80 link_local'],
    ['http://[fe80::1%25eth0]/', 'no URL'],
    ['http://[fc00::1]/', '[fc00::1]:80 private'],
    ['http://[fd00:ec2::254]/', '[fd00:ec2::254]:80 metadata'],
    ['http://[FD00:0EC2::0254]/', '[fd00:ec2::254]:80 metadata'],
    ['http://[ff02::1]/', '[ff02::1]:80 multicast'],
    // private nets and metadata
    ['http://10.0.0.1/', '10.0.0.1:80 private'],
    ['http://192.168.1.1/admin', '192.168.1.1:80 private'],
    ['http://3232235777/', '192.168.1.1:80 private'],
    ['http://172.16.0.1/', '172.16.0.1:80 private'],
    ['http://100.64.0.1/', '100.64.0.1:80 shared'],
    ['http://169.254.1.2/', '169.254.1.2:80 link_local'],
    ['http://169.254.169.254/latest/meta-data/', '169.254.169.254:80 metadata'],
    ['http://2852039166/', '169.254.169.254:80 metadata'],
    ['http://0xA9FEA9FE/', '169.254.169.254:80 metadata'],
    ['http://0251.0376.0251.0376/', '169.254.169.254:80 metadata'],
    ['http://[::ffff:169.254.169.254]/', '[::ffff:a9fe:a9fe]:80 metadata'],
    ['http://metadata.google.internal/', 'metadata.google.internal:80 metadata'],
    ['http://METADATA.google.internal./', 'metadata.google.internal:80 metadata'],
    ['http://224.0.0.251:5353/', '224.0.0.251:5353 multicast'],
    ['http://255.255.255.255/', '255.255.255.255:80 reserved'],
    ['http://192.0.2.1/', '192.0.2.1:80 reserved'],
    // a name or a password before the host
    ['http://good.example@127.0.0.1/', 'userinfo 127.0.0.1'],
    ['http://user:word@example.org/', 'userinfo example.org'],
    ['https://good.example%40evil.example/', 'no URL'],
    ['http://good.example\\@127.0.0.1/', 'good.example:80 public'],
    ['http://127.0.0.1#@good.example/', '127.0.0.1:80 loopback'],
    ['http://127.0.0.1?@good.example/', '127.0.0.1:80 loopback'],
    // other schemes
    ['file:///etc/passwd', 'scheme '],
    ['file://localhost/etc/passwd', 'scheme '],
    ['ftp://127.0.0.1/', 'scheme 127.0.0.1'],
    ['gopher://0177.1:70/_x', 'scheme 127.0.0.1'],
    ['dict://127.0.0.1:11211/', 'scheme 127.0.0.1'],
    ['ws://127.0.0.1/', 'scheme 127.0.0.1'],
    ['javascript:alert(1)', 'scheme '],
    ['data:text/html,x', 'scheme '],
    ['view-source:http://127.0.0.1', 'scheme '],
    // no URLs at all
    ['example.org', 'no URL'],
    ['//127.0.0.1/', 'no URL'],
    ['http://', 'no URL'],
    ['http://./', 'no URL'],
    ['http://256.0.0.1/', 'no URL'],
    ['http://1.2.3.4.5/', 'no URL'],
    ['http://127.0.0.1:65536/', 'no URL'],
    ['http://a b/', 'no URL'],
    ['http://[::1/', 'no URL'],
    ['http://127.0.0.1%00.example.org/', 'no URL'],
    ['http://127.0.0.1%2f:8080/', 'no URL'],
    // public ones
    ['https://example.org', 'example.org:443 public'],
    ['https://Example.ORG.:443/a', 'example.org:443 public'],
    ['http://bücher.example/', 'xn--bcher-kva.example:80 public'],
    ['http://xn--bcher-kva.example:81/', 'xn--bcher-kva.example:81 public'],
    ['http://1.1.1.1/', '1.1.1.1:80 public'],
    ['http://[2606:4700::1111]/', '[2606:4700::1111]:80 public'],
    ['http://[64:ff9b::8.8.8.8]/', '[64:ff9b::808:808]:80 public'],
  ])('%s', (url, expected) => expect(seen(url)).toBe(expected));
});

test('the fact has the URL as it is asked for, and the addresses that it says itself', () => {
  expect(hostFact('url', 'HTTP://127.1:80/a/../b')).toEqual({
    arg: 'url', url: 'http://127.0.0.1/b', host: '127.0.0.1', port: 80, addresses: ['127.0.0.1'], scope: 'loopback',
  }); // prettier-ignore
  expect(hostFact('url', 'https://Example.org./?q=1#part')).toEqual({
    arg: 'url', url: 'https://example.org/?q=1#part', host: 'example.org', port: 443, addresses: [],
  }); // prettier-ignore
});
