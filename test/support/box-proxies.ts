/** A script that does what docs/gate.md and docs/haproxy tell an administrator to do, with names of this box. */
export function setUpProxies(): string {
  const names =
    's/PORTAL.EXAMPLE:8080/127.0.0.1:9/; s/EGW.EXAMPLE GDBHYT.EXAMPLE/egw.example/; s#/etc/ssl/private/PORTAL#/etc/ssl/PORTAL#'
  return `set -e
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=egw.example -keyout /etc/ssl/PORTAL.key -out /etc/ssl/PORTAL.crt
cat /etc/ssl/PORTAL.crt /etc/ssl/PORTAL.key >/etc/ssl/PORTAL.pem
install -d /etc/nginx/edgeward /etc/haproxy/edgeward /etc/systemd/system/haproxy.service.d
cp /checkout/docs/nginx/*.conf /etc/nginx/edgeward/
rm -f /etc/nginx/sites-enabled/*
sed '${names}' </checkout/docs/nginx/edgeward-site.conf >/etc/nginx/sites-enabled/edgeward
sed '${names}' </checkout/docs/haproxy/edgeward.cfg >/etc/haproxy/haproxy.cfg
cp /checkout/docs/haproxy/*.lua /etc/haproxy/edgeward/
cp /checkout/docs/haproxy/haproxy.service.conf /etc/systemd/system/haproxy.service.d/edgeward.conf
cd /etc/haproxy/edgeward && touch edgeward-policy.map edgeward-standings.map edgeward-users.map edgeward-grants.map edgeward-addresses.map
openssl rand -base64 32 >subject.key && chmod 600 subject.key`
}
