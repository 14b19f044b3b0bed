export function isHttpUrl(text: string): boolean {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'http:' || protocol === 'https:';
}

/** What was probably meant by an address without a scheme: HTTP on this machine, HTTPS elsewhere. */
export function withScheme(address: string): string {
  const place = address.replace(/^[\w+.-]*:?\/\//, '');
  return /^(localhost|127\.|\[::1\])/.test(place) ? `http://${place}` : `https://${place}`;
}
