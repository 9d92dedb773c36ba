#!/bin/sh
# Starts Dovecot in the background and Postfix in the foreground.
set -eu

cat >/etc/dovecot/dovecot.conf <<'CONF'
protocols = imap
listen = *
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:/srv/mail/%u
first_valid_uid = 5000
log_path = /dev/stderr
passdb {
  driver = static
  args = password=trial
}
userdb {
  driver = static
  args = uid=5000 gid=5000 home=/srv/mail/%u
}
CONF

# Debian's package, told to configure nothing, leaves neither file.
: >/etc/postfix/main.cf
[ -e /etc/postfix/master.cf ] || cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf

postconf -e \
	"compatibility_level = 3.6" \
	"myhostname = mail.example.test" \
	"mydestination =" \
	"virtual_mailbox_domains = example.test" \
	"virtual_mailbox_base = /srv/mail" \
	"virtual_mailbox_maps = static:bot@example.test/" \
	"virtual_uid_maps = static:5000" \
	"virtual_gid_maps = static:5000" \
	"inet_interfaces = all" \
	"inet_protocols = ipv4" \
	"smtpd_relay_restrictions = permit_auth_destination, reject" \
	"default_transport = error:this trial sends nothing outside example.test" \
	"maillog_file = /dev/stdout"
chown -R 5000:5000 /srv/mail

dovecot
exec postfix start-fg
