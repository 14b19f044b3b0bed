/**
 * Where secrets lie on the machine, by name: homes of others, what only the system's programs need, sockets of services that
 * would act for whoever connects.
 */
export const SYSTEM_SECRETS = [
  '/run', '/var/run', '/home', '/root', '/Users', '/lost+found', '/etc/shadow', '/etc/shadow-', '/etc/gshadow',
  '/etc/gshadow-', '/etc/sudoers', '/etc/sudoers.d', '/etc/ssl/private', '/etc/ssh', '/etc/krb5.keytab',
  '/etc/NetworkManager', '/etc/wireguard', '/etc/openvpn', '/etc/docker', '/etc/kubernetes', '/etc/letsencrypt',
  '/var/spool', '/var/mail', '/var/lib/docker', '/var/lib/containerd', '/var/lib/kubelet', '/var/backups',
  '/sys/kernel/debug', '/sys/kernel/tracing',
  // macOS
  '/Library/Keychains', '/private/etc/master.passwd', '/private/var/root', '/private/var/db/dslocal',
]; // prettier-ignore

/** Of `/run` only what programs themselves lie in (NixOS). */
export const OWN_FOLDERS_IN_RUN = ['/run/current-system', '/run/booted-system', '/run/opengl-driver'];
