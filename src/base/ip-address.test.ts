import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAddress, isInRange, isRange, scopeOf } from './ip-address.ts';

describe('what kind of place an address is', () => {
  test.each([
    ['1.1.1.1', undefined],
    ['8.8.8.8', undefined],
    ['172.15.255.255', undefined],
    ['172.32.0.0', undefined],
    ['100.63.255.255', undefined],
    ['100.128.0.0', undefined],
    ['2606:4700:4700::1111', undefined],
    ['2a00:1450:4001:80b::200e', undefined],
    ['[2606:4700::1]', undefined],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['[::1]', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['fc00::1', 'private'],
    ['fd12:3456:789a::1', 'private'],
    ['fec0::1', 'private'],
    ['100.64.0.1', 'shared'],
    ['100.127.255.255', 'shared'],
    ['169.254.1.1', 'link_local'],
    ['fe80::1', 'link_local'],
    ['fe80::1%eth0', 'link_local'],
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['fd00:0ec2:0:0:0:0:0:0254', 'metadata'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.250', 'multicast'],
    ['ff02::1', 'multicast'],
    ['192.0.2.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['203.0.113.9', 'reserved'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['100::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['not an address', 'reserved'],
    ['127.0.0.1.', 'reserved'],
    ['0177.0.0.1', 'reserved'],
    ['', 'reserved'],
  ])('%s: %s', (address, scope) => expect(scopeOf(address)).toBe(scope));

  test.each([
    ['mapped', '::ffff:127.0.0.1', 'loopback'],
    ['mapped, in hexadecimal', '::ffff:7f00:1', 'loopback'],
    ['mapped', '::ffff:169.254.169.254', 'metadata'],
    ['mapped', '::ffff:8.8.8.8', undefined],
    ['compatible', '::127.0.0.1', 'loopback'],
    ['compatible', '::8.8.8.8', 'reserved'],
    ['translated', '::ffff:0:10.0.0.1', 'private'],
    ['NAT64', '64:ff9b::10.0.0.1', 'private'],
    ['NAT64', '64:ff9b::a9fe:a9fe', 'metadata'],
    ['NAT64', '64:ff9b::8.8.8.8', undefined],
    ['NAT64 of its own', '64:ff9b:1::8.8.8.8', 'private'],
    ['6to4', '2002:7f00:1::1', 'loopback'],
    ['6to4', '2002:c0a8:101::1', 'private'],
    ['6to4', '2002:808:808::1', 'reserved'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:80ff:fffe', 'loopback'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:f7f7:f7f7', 'reserved'],
  ])('%s %s is what it carries: %s', (_, address, scope) => expect(scopeOf(address)).toBe(scope));
});

test('ranges', () => {
  expect(isInRange('10.0.0.0/8', '10.255.0.1')).toBe(true);
  expect(isInRange('10.0.0.0/8', '11.0.0.0')).toBe(false);
  expect(isInRange('10.0.0.1', '10.0.0.1')).toBe(true);
  expect(isInRange('127.0.0.0/8', '::ffff:127.0.0.1')).toBe(true);
  expect(isInRange('::1', '[::1]')).toBe(true);
  expect(isInRange('0.0.0.0/0', '::1')).toBe(false);
  expect(isInRange('name', '10.0.0.1')).toBe(false);
  expect(['10.0.0.0/33', '::/129', 'a/8', '10.0.0/8', '1::2::3', ':::', '1:2:3:4:5:6:7'].filter(isRange)).toEqual([]);
  expect(['::/0', '10.0.0.0/8', 'fe80::/10', '1.2.3.4', '1:2:3:4:5:6:7:8'].every(isRange)).toBe(true);
});

test('what is an address is one to the system, too, and lies where the system says', () => {
  const list = new BlockList();
  list.addSubnet('10.0.0.0', 8, 'ipv4');
  list.addSubnet('fe80::', 10, 'ipv6');
  const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/), fc.stringMatching(/^fe[89ab][0-9a-f]::[0-9a-f]{1,4}$/)); // prettier-ignore
  fc.assert(
    fc.property(text, (address) => {
      const kind = isIP(address);
      expect(isAddress(address)).toBe(kind !== 0);
      if (kind === 4) expect(isInRange('10.0.0.0/8', address)).toBe(list.check(address, 'ipv4'));
      if (kind === 6) expect(isInRange('fe80::/10', address)).toBe(list.check(address, 'ipv6'));
    }),
    { numRuns: 2000 },
  );
});
