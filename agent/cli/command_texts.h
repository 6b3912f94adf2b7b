#pragma once

namespace agent {

/// The texts of the help.

inline constexpr const char* program_about =
    "acme-spoa gives every hostname behind HAProxy a certificate, and keeps it valid.\n"
    "\n"
    "`acme-spoa serve` is the daemon; the other commands talk to it over its admin socket or only\n"
    "read the configuration. `acme-spoa COMMAND --help` says more about each.\n";

inline constexpr const char* program_footer =
    "First steps:\n"
    "  acme-spoa check /etc/acme-spoa/acme-spoa.yaml     is the configuration right?\n"
    "  acme-spoa haproxy-config --for 2.6                what goes into HAProxy's, once\n"
    "  acme-spoa serve                                   the daemon (systemd does it for you)\n"
    "  acme-spoa hostname add www.example.org --wait     from now on it has a certificate\n"
    "\n"
    "Exit status:\n"
    "  0  done\n"
    "  1  wrong input: a configuration, a hostname, a value; each problem is printed. `serve`:\n"
    "     also what it cannot work with, such as an address in use\n"
    "  2  the command line itself is wrong\n"
    "  3  the daemon cannot be reached on its admin socket\n"
    "  4  the daemon could not do it, or --wait ended without every hostname being served\n";

/// What a command's help begins and ends with; the list of commands shows the begin.
struct CommandText {
  const char* description;
  const char* footer;
};

inline constexpr CommandText serve_text = {
    "Run the daemon in the foreground until SIGTERM or SIGINT.",
    "SIGHUP reads the configuration again. The log goes to standard error."};

inline constexpr CommandText check_text = {
    "Check a configuration file and print every problem with its place.",
    "  acme-spoa check /etc/acme-spoa/acme-spoa.yaml\n"
    "\n"
    "prints `FILE:LINE:COLUMN: KEY: what is wrong; expected ...` and ends with status 1, or a\n"
    "summary and 0. It looks at this file only: not at other files, sockets or the network."};

inline constexpr CommandText haproxy_config_text = {
    "Print HAProxy's complete static configuration, with the addresses and paths of ours.",
    "It is written once: hostnames and certificates come and go without it. The comments say\n"
    "which lines to copy into a configuration that is there already.\n"
    "\n"
    "  acme-spoa haproxy-config --for 2.6 | less\n"
    "  acme-spoa haproxy-config --for 3.4 --place frontend --output /etc/haproxy/acme-spoa\n"
    "  haproxy -c -f /etc/haproxy/acme-spoa/haproxy.cfg"};

inline constexpr CommandText simulate_text = {
    "Show what the configuration means for a number of hostnames.",
    "Runs the planner and the limits of the configuration on a virtual clock against a model of\n"
    "the authorities, in seconds: when each name is served and by whom, what is renewed when, and\n"
    "how often an authority refuses. It contacts nobody and changes nothing.\n"
    "\n"
    "  acme-spoa simulate --names 100000 --svg simulation.svg\n"
    "  acme-spoa simulate --names 20000 --lifetime 160h --dead 5 --json"};

inline constexpr CommandText version_text = {"Print the version.", ""};

inline constexpr CommandText hostname_text = {
    "Hostnames that are served.", "`acme-spoa hostname COMMAND --help` says more about each."};

inline constexpr CommandText certificate_text = {
    "Certificates that HAProxy has or should have.",
    "`acme-spoa certificate COMMAND --help` says more about each."};

inline constexpr CommandText hostname_add_text = {
    "Add hostnames: each gets a certificate now and is kept valid from then on.",
    "  acme-spoa hostname add www.example.org shop.example.org --wait\n"
    "  acme-spoa hostname add intern.example.org --no-https-redirect\n"
    "\n"
    "Adding again what is there changes only the redirect. With --wait each step is shown until a\n"
    "TLS handshake with HAProxy has shown the certificate; the status is 4 if one is not served."};

inline constexpr CommandText hostname_remove_text = {
    "Remove hostnames: their certificates are taken off HAProxy and forgotten.",
    "  acme-spoa hostname remove old.example.org"};

inline constexpr CommandText hostname_list_text = {
    "List hostnames and where they stand.",
    "  acme-spoa hostname list --state pending\n"
    "  acme-spoa hostname list --search alice --contains\n"
    "  acme-spoa hostname list --unused\n"
    "  acme-spoa hostname list -o json | jq -r .name\n"
    "\n"
    "States: pending (no certificate served yet), ready, expired, disabled (mode off)."};

inline constexpr CommandText hostname_show_text = {
    "Show all that is known of hostnames: state, stage, certificate, last error, next attempt.",
    "  acme-spoa hostname show www.example.org\n"
    "  acme-spoa hostname show www.example.org -o json | jq .certificate.not_after"};

inline constexpr CommandText certificate_list_text = {
    "List certificates.",
    "  acme-spoa certificate list\n"
    "  acme-spoa certificate list --state all -o json\n"
    "\n"
    "States: issued (HAProxy may not have it yet), served (proven by a handshake), retired."};

inline constexpr CommandText certificate_show_text = {
    "Show certificates by hostname or id.", "  acme-spoa certificate show www.example.org 42"};

inline constexpr CommandText certificate_renew_text = {
    "Renew the certificates of hostnames now. Nobody has to: the daemon does when it is time.",
    "  acme-spoa certificate renew www.example.org --wait\n"
    "\n"
    "The old certificate is served until the new one is. A hostname whose last attempts failed is\n"
    "tried again at once."};

inline constexpr CommandText certificate_csr_text = {
    "Make a key and a CSR, for a certificate that you get from an authority yourself.",
    "  acme-spoa certificate csr www.example.org --organization \"Example Ltd\" --country IE -o "
    "x.csr\n"
    "  acme-spoa certificate install www.example.org --chain signed.pem\n"
    "\n"
    "The key stays in the daemon until its certificate is installed, or another CSR is made. "
    "Until\n"
    "then nothing changes for the hostname."};

inline constexpr CommandText certificate_install_text = {
    "Install a certificate of another authority: the hostname is in mode custom from then on.",
    "  acme-spoa certificate install www.example.org --chain signed.pem       for our CSR\n"
    "  acme-spoa certificate install www.example.org --chain chain.pem --key key.pem --wait\n"
    "  acme-spoa certificate install www.example.org --pkcs12 site.p12 --passphrase-file secret\n"
    "\n"
    "It is checked first: that the key is its, that it is for the hostname and valid, that the\n"
    "chain is one and nothing in it weak. What was served before is served until this one is. It\n"
    "is not renewed: warnings come 30, 14, 7, 3 and 1 days before its end, and with\n"
    "--return-to-automatic the hostname gets one of ours in time."};

inline constexpr CommandText certificate_export_text = {
    "Print a certificate with its chain as PEM, for a program that is not HAProxy.",
    "  acme-spoa certificate export mail.example.org\n"
    "  acme-spoa certificate export mail.example.org --with-key -o /etc/postfix/mail.pem\n"
    "\n"
    "With --with-key the private key follows the chain. Only the daemon's own socket gives it, "
    "and\n"
    "the history says so (`event list`). A new file can be read by its owner alone. The next\n"
    "renewal has another certificate, and another key unless certificates.reuse_key is on."};

inline constexpr CommandText certificate_revoke_text = {
    "Have certificates revoked by their authority, and replaced.",
    "  acme-spoa certificate revoke www.example.org --reason keyCompromise\n"
    "  acme-spoa certificate list -o json | jq -c 'select(.id < 500)' |\n"
    "      acme-spoa certificate revoke --from - --reason superseded --yes\n"
    "  acme-spoa certificate revoke --all-of letsencrypt --reason superseded --yes\n"
    "\n"
    "The wish is stored, and carried out until the authority has said yes, five a second.\n"
    "A hostname in mode automatic gets a new certificate with a new key at once; the old one is\n"
    "revoked as soon as the new one is there, after a day at the latest. With keyCompromise it is\n"
    "revoked at once, and always replaced. Reasons: unspecified, keyCompromise, superseded,\n"
    "cessationOfOperation. A line of --from is a hostname, an id, or an object with `id` as\n"
    "`certificate list -o json` prints it."};

inline constexpr CommandText certificate_revocations_text = {
    "List revocations, also of certificates that are gone.",
    "  acme-spoa certificate revocations --state pending\n"
    "\n"
    "States: pending, revoked, refused (by the authority; `certificate revoke` asks again)."};

inline constexpr CommandText account_text = {
    "Our accounts at the authorities.", "`acme-spoa account COMMAND --help` says more about each."};

inline constexpr CommandText account_list_text = {
    "List our accounts, in the order of fail-over. No authority is asked.",
    "  acme-spoa account list"};

inline constexpr CommandText account_show_text = {
    "Show an account, and what the authority says of it.",
    "  acme-spoa account show letsencrypt\n"
    "\n"
    "The status is 4 if the authority cannot be asked, or if the account is not valid there."};

inline constexpr CommandText account_contact_text = {
    "Give an account other contacts.",
    "  acme-spoa account contact letsencrypt mailto:ops@example.org\n"
    "\n"
    "These replace all that it had. The configuration's are for accounts that are registered\n"
    "later: change them too."};

inline constexpr CommandText account_rollover_text = {
    "Give an account another key (RFC 8555 section 7.3.5).",
    "  acme-spoa account rollover letsencrypt --wait\n"
    "\n"
    "The account, its certificates and its limits stay the same. The new key is stored, orders "
    "that\n"
    "are under way are waited for, and the authority is asked, again until it has said yes or no."};

inline constexpr CommandText account_deactivate_text = {
    "Close an account for ever.",
    "  acme-spoa account deactivate old-ca --yes\n"
    "\n"
    "Nothing can be ordered with it any more. Its certificates live on, are served until they\n"
    "expire, and can be revoked. Orders go to the next authority of the configuration, or wait "
    "for\n"
    "`account register`."};

inline constexpr CommandText account_register_text = {
    "Make another account, with a new key, in the place of one that is closed.",
    "  acme-spoa account register letsencrypt\n"
    "\n"
    "It is needed after `account deactivate`, and when the authority has closed the account. An\n"
    "account that is valid is left alone. CAA and DNS records that name the old account's URL "
    "have\n"
    "to be changed: `acme-spoa dns-record NAME`. External account binding: most authorities want "
    "new\n"
    "credentials in the configuration first."};

inline constexpr CommandText dns_record_text = {
    "Print the DNS records that the owner of a hostname sets once.",
    "  acme-spoa dns-record www.customer.example\n"
    "\n"
    "For dns-persist-01 a TXT record for each authority, for dns-01 and dns-account-01 the CNAME\n"
    "into a zone of ours, as the configuration's `challenges` and `dns` want it. The hostname "
    "need\n"
    "not be there yet."};

inline constexpr CommandText haproxy_text = {
    "The HAProxy processes that get the certificates.",
    "`acme-spoa haproxy COMMAND --help` says more about each."};

inline constexpr CommandText haproxy_status_text = {
    "Show each HAProxy: version, whether it has what it should, and why not.",
    "States: in sync, changing, not connected, jammed (its certificate lock does not open: reload\n"
    "it). The status is 4 unless all are in sync."};

inline constexpr CommandText haproxy_sync_text = {
    "Compare each HAProxy with what it should have, certificate by certificate, and mend it.",
    "  acme-spoa haproxy sync --dry-run\n"
    "\n"
    "Nobody has to: the daemon compares at each start and reload of HAProxy, after failures, and\n"
    "every few minutes. With --dry-run nothing is changed, and the status is 4 if something "
    "differs."};

inline constexpr CommandText tenant_text = {
    "Tenants: the platform's customers.",
    "`acme-spoa tenant COMMAND --help` says more about each."};

inline constexpr CommandText tenant_set_text = {
    "Add a tenant, or change it: what is left out gets its default.",
    "  acme-spoa tenant set alice --title \"Alice's shop\" --wildcard-after 5"};

inline constexpr CommandText tenant_list_text = {"List tenants.", "  acme-spoa tenant list"};

inline constexpr CommandText tenant_remove_text = {
    "Remove tenants, with their tokens. Their zones have to be removed before.",
    "  acme-spoa tenant remove alice"};

inline constexpr CommandText zone_text = {
    "Zones: which part of the DNS belongs to which tenant.",
    "The longest zone that has a hostname owns it. `acme-spoa zone COMMAND --help` says more."};

inline constexpr CommandText zone_set_text = {
    "Give zones to a tenant, or change them: what is left out gets its default.",
    "  acme-spoa zone set example.org --tenant alice\n"
    "  acme-spoa zone set shop.example.org --tenant bob --dns none     a delegation\n"
    "  acme-spoa zone set example.org --tenant alice --wildcard-after 0"};

inline constexpr CommandText zone_list_text = {"List zones.",
                                               "  acme-spoa zone list --tenant alice"};

inline constexpr CommandText zone_show_text = {
    "Show zones, how their wildcard stands, and why there can be none.",
    "  acme-spoa zone show example.org"};

inline constexpr CommandText zone_remove_text = {
    "Remove zones. Their hostnames have to be removed before.",
    "  acme-spoa zone remove example.org"};

inline constexpr CommandText token_text = {
    "Tokens for the API over TCP (admin.listen).",
    "`acme-spoa token COMMAND --help` says more about each."};

inline constexpr CommandText token_add_text = {
    "Make a token and print it, this once: only its hash is kept.",
    "  acme-spoa token add alice-ci --scope tenant --tenant alice --days 90 > alice.token\n"
    "  acme-spoa --api https://acme.example.org --token-file alice.token hostname list\n"
    "\n"
    "To rotate one, add another and remove the first."};

inline constexpr CommandText token_list_text = {"List tokens, never their text.", ""};

inline constexpr CommandText token_remove_text = {"Remove tokens: they open nothing from then on.",
                                                  "  acme-spoa token remove alice-ci"};

inline constexpr CommandText import_text = {
    "Add or change many hostnames from a file, CSV or NDJSON.",
    "  acme-spoa import customers.csv\n"
    "  generate-list | acme-spoa import -\n"
    "\n"
    "A line of CSV is name[,mode[,https_redirect[,challenge_path]]], as "
    "`www.example.org,automatic,on`;\n"
    "one of NDJSON\n"
    "{\"name\": \"www.example.org\", \"mode\": \"automatic\", \"https_redirect\": true}. What is "
    "left\n"
    "out stays as it is. A line that is refused is printed with its place, the others are carried\n"
    "out, and the status is 1. Importing a file again changes nothing."};

inline constexpr CommandText export_text = {
    "Write the daemon's whole state into one file, while it runs.",
    "  acme-spoa export /backup/acme-spoa.export\n"
    "  acme-spoa export - | ssh backup 'cat > acme-spoa.export'\n"
    "\n"
    "Hostnames, tenants, zones, certificates, accounts, orders, limits and history, as they are "
    "at\n"
    "one instant. Private keys in it are sealed with key-encryption.key of the state directory:\n"
    "keep that file too, and in another place. Run it as the daemon's user."};

inline constexpr CommandText restore_text = {
    "Make the state anew from what `export` has written; the daemon does not run.",
    "  systemctl stop acme-spoa\n"
    "  cp key-encryption.key /var/lib/acme-spoa/\n"
    "  acme-spoa restore acme-spoa.export\n"
    "\n"
    "The state directory must have no database yet. An export of an older release is brought up "
    "to\n"
    "date. Orders that have gone on since are picked up where their authority has them; bundles\n"
    "and crt-list are written when the daemon starts."};

inline constexpr CommandText verify_text = {
    "Prove by TLS handshakes that HAProxy serves the certificates that it should.",
    "  acme-spoa verify www.example.org\n"
    "  acme-spoa verify --sample 500\n"
    "  acme-spoa verify --all -o json > proofs.json\n"
    "\n"
    "Leaf and chain are compared, at each bind of each HAProxy that the hostname goes to. What is\n"
    "not served is printed, and the status is then 4."};

inline constexpr CommandText event_text = {"The history: what happened, and who did it.", ""};

inline constexpr CommandText event_list_text = {"The newest events, oldest first.",
                                                "  acme-spoa event list --subject www.example.org"};

inline constexpr CommandText event_tail_text = {
    "The newest events, and each one as it happens, until it is interrupted.",
    "While the daemon is away it waits, and misses nothing.\n"
    "\n"
    "  acme-spoa event tail --limit 10\n"
    "  acme-spoa event tail -o json | jq 'select(.kind == \"order_failed\")'"};

inline constexpr CommandText order_text = {"Orders at the authorities.", ""};

inline constexpr CommandText order_list_text = {
    "The orders that are open, oldest first, and where they are.",
    "What became of the others is in the history: `acme-spoa event list`."};

inline constexpr CommandText doctor_text = {
    "Look for what keeps hostnames from their certificates, and say what to do about it.",
    "Looks at files and their permissions, each authority and its clock, HAProxy's runtime API,\n"
    "the daemon, and at the DNS and port 80 of the hostnames that are named. Changes nothing. Run\n"
    "it as the daemon's user; status 4 if there is a problem.\n"
    "\n"
    "  sudo -u acme-spoa acme-spoa doctor www.example.org"};

inline constexpr CommandText completion_text = {
    "Print a script that lets a shell complete commands and options.",
    "  acme-spoa completion bash > /etc/bash_completion.d/acme-spoa\n"
    "  acme-spoa completion zsh > \"${fpath[1]}/_acme-spoa\"\n"
    "  acme-spoa completion fish > ~/.config/fish/completions/acme-spoa.fish"};

inline constexpr CommandText manual_text = {
    "Print the manual page.", "  acme-spoa manual > /usr/local/share/man/man1/acme-spoa.1"};

}  // namespace agent
