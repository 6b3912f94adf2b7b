#include "haproxy/static_config_text.h"

#include <utility>

namespace haproxy {
namespace {

struct Substitution {
  std::string_view placeholder;  ///< `@NAME@`
  std::string value;
};

/// Replaces every placeholder; a value is never searched again.
std::string fill(std::string_view text, const std::vector<Substitution>& substitutions) {
  std::string filled;
  while (!text.empty()) {
    const Substitution* found = nullptr;
    if (text.front() == '@') {
      for (const Substitution& candidate : substitutions) {
        if (text.starts_with(candidate.placeholder)) found = &candidate;
      }
    }
    filled += found ? std::string_view(found->value) : text.substr(0, 1);
    text.remove_prefix(found ? found->placeholder.size() : 1);
  }
  return filled;
}

std::string join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : ",") + word;
  return joined;
}

constexpr std::string_view introduction =
    R"(# HAProxy @VERSION@ with acme-spoa, complete. SPOE filter in the @PLACE@.
#
# Hostnames and certificates come and go over the runtime API: this file stays as it is, and HAProxy
# is never reloaded for them. It belongs together with
#   @SPOE_CONF@
# (the second text printed). The crt-list must exist before HAProxy starts, and may be empty:
#   @CRT_LIST@
#
# In an existing configuration keep your own sections and copy the lines between "copy" and "end"
# into your section of the same kind, and the sections named acme-... as they are.
#
# Two places for the SPOE filter, measured on 2.6 and 3.4:
#   --place backend   Requests pay for it only where they are sent to a backend that has the filter:
#                     challenges and plain HTTP. Over HTTPS it costs nothing. A challenge with a
#                     token that is not ours goes on to one named server (backend acme-challenge).
#   --place frontend  Every request of the frontend that has the filter costs 2 to 7 % more, whether
#                     the agent is asked or not. A challenge with a token that is not ours takes its
#                     way through your own routing rules like any other request.
# In both, an agent that is away never stops traffic: a question waits for its answer no longer
# than "timeout processing" in the SPOE file, then the request goes on as if nobody had asked.

)";

constexpr std::string_view global_and_defaults = R"(global
    log stdout format raw local0
    ssl-default-bind-options ssl-min-ver TLSv1.2
    # --- copy: over this socket the agent hands certificates to the running HAProxy, which takes level
    # admin. The agent's user must be allowed to open it (add "user NAME" or "group NAME"). No other
    # program may run "... ssl cert" or "... ssl crt-list" commands on the same HAProxy.
    stats socket @RUNTIME_API@ level admin
    stats timeout 2m
@PAYLOAD_LIMIT@    # --- end

defaults
    mode http
    log global
    option httplog
    option dontlognull
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout http-request 10s
    timeout http-keep-alive 10s

)";

// Reference values: the payload of one command may have tune.bufsize minus the command line before
// 3.4, and tune.cli.max-payload-size since.
constexpr std::string_view payload_limit_2_6 =
    R"(    # One certificate with key and chain must fit into tune.bufsize (16384 bytes). If the agent reports
    # a larger one, as an RSA chain with a hundred long names is, raise it here:
    # tune.bufsize 32768
)";

constexpr std::string_view http_in_with_filter = R"(frontend http-in
    bind @HTTP@
    option forwardfor
    # --- copy: a challenge is answered here if its token is ours; else it goes on to the application,
    # so that a customer's own ACME client keeps working. Any other request is redirected if its
    # host has a certificate and wants it.
    filter spoe engine acme config @SPOE_CONF@
    acl is_acme_challenge path_beg /.well-known/acme-challenge/
    http-request send-spoe-group acme ask-challenge if is_acme_challenge
    http-request return status 200 content-type text/plain lf-string %[var(txn.@PREFIX@.key_auth)] if is_acme_challenge { var(txn.@PREFIX@.key_auth) -m found }
    http-request send-spoe-group acme ask-tls-status if !is_acme_challenge
    http-request redirect prefix https://%[req.hdr(host),field(1,:)]@HTTPS_PORT@ code 301 if !is_acme_challenge { var(txn.@PREFIX@.https_redirect) -m bool }
    # --- end
    default_backend application

)";

constexpr std::string_view http_in_with_backends = R"(frontend http-in
    bind @HTTP@
    option forwardfor
    # --- copy, before your own use_backend lines: challenges and all other plain HTTP go to the backends
    # that have the filter. If you redirect by other means, keep your own default_backend.
    use_backend acme-challenge if { path_beg /.well-known/acme-challenge/ }
    default_backend acme-redirect
    # --- end

)";

// HAProxy chooses a certificate before it looks at ALPN, so the rule has to stand before TLS ends.
constexpr std::string_view tls_in =
    R"(# --- copy all of this: an authority that proves a name by tls-alpn-01 offers the protocol acme-tls/1 and no
# other. Its connection goes to the agent as it is, every other one to the frontend that ends TLS,
# which learns the visitor's address by the PROXY protocol. Challenges and visitors never meet.
frontend tls-in
    mode tcp
    option tcplog
    bind @HTTPS@
    tcp-request inspect-delay 5s
    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend acme-tls-alpn if { req.ssl_alpn acme-tls/1 }
    default_backend acme-https

backend acme-tls-alpn
    mode tcp
    server agent @TLS_ALPN@

backend acme-https
    mode tcp
    server https-in @HTTPS_IN@ send-proxy-v2
# --- end

)";

constexpr std::string_view https_in = R"(frontend https-in
    # --- copy: all certificates by one list that changes while HAProxy runs. "strict-sni" lets the list
    # be empty and refuses a TLS handshake for a name without a certificate. Keep all addresses
    # on one bind line: each further line costs 13.5 kB per certificate.
    bind @HTTPS_IN@@ACCEPT_PROXY@ ssl crt-list @CRT_LIST@ strict-sni alpn h2,http/1.1
    # --- end
    # With a default certificate (first line of the list) and without "strict-sni", a visitor of a name
    # that has no certificate of its own gets this far; these lines turn such requests away:
    # filter spoe engine acme config @SPOE_CONF@
    # http-request set-var(txn.acme_sni) ssl_fc_sni
    # http-request send-spoe-group acme ask-sni-status
    # http-request return status 421 if { var(txn.@PREFIX@.cert_present) -m found } !{ var(txn.@PREFIX@.cert_present) -m bool }
    option forwardfor
    http-request set-header X-Forwarded-Proto https
@HTTPS_CHALLENGE@    default_backend application

)";

constexpr std::string_view https_challenge =
    R"(    # --- copy, before your own use_backend lines: an authority follows redirects, and a challenge that
    # something before HAProxy redirected to HTTPS is answered too.
    use_backend acme-challenge if { path_beg /.well-known/acme-challenge/ }
    # --- end
)";

constexpr std::string_view filter_backends =
    R"(# A challenge is answered here if its token is ours; else the request goes on to the server below, so
# that a customer's own ACME client keeps working.
backend acme-challenge
    filter spoe engine acme config @SPOE_CONF@
    http-request send-spoe-group acme ask-challenge
    http-request return status 200 content-type text/plain lf-string %[var(txn.@PREFIX@.key_auth)] if { var(txn.@PREFIX@.key_auth) -m found }
    server foreign-tokens @FOREIGN_TOKENS@

# Plain HTTP is redirected if its host has a certificate and wants it; else it is served as before: the
# server lines are those of backend application.
backend acme-redirect
    filter spoe engine acme config @SPOE_CONF@
    http-request send-spoe-group acme ask-tls-status
    http-request redirect prefix https://%[req.hdr(host),field(1,:)]@HTTPS_PORT@ code 301 if { var(txn.@PREFIX@.https_redirect) -m bool }
    server application @APPLICATION@

)";

constexpr std::string_view application = R"(# Your servers.
backend application
    server application @APPLICATION@

)";

constexpr std::string_view agents_2_6 =
    R"(# The agents. "abns@" is a Linux abstract socket, which HAProxy also reaches from under its chroot; a
# unix path would be looked up inside the chroot. Do not set "maxconn": it makes questions wait.
# Connections to an agent that fails its check are cut, because HAProxy would go on using them.
backend acme-agents
    mode tcp
    option spop-check
    timeout server 3m
)";

constexpr std::string_view agents_3_4 =
    R"(# The agents. "abns@" is a Linux abstract socket, which HAProxy also reaches from under its chroot; a
# unix path would be looked up inside the chroot. Do not set "maxconn": it makes questions wait.
backend acme-agents
    mode spop
    option spop-check
)";

constexpr std::string_view spoe_agent =
    R"(# SPOE configuration of acme-spoa for HAProxy @VERSION@; named by the "filter spoe" lines of haproxy.cfg.
[acme]

# Answers are variables that live as long as the request:
#   txn.@PREFIX@.key_auth        string, the body to answer a challenge with; only if the token is ours
#   txn.@PREFIX@.challenge_miss  true if it is not ours
#   txn.@PREFIX@.cert_present    bool, the host has a certificate that HAProxy serves
#   txn.@PREFIX@.https_redirect  bool, plain HTTP for this host is to be redirected
#   txn.@PREFIX@.cert_state      none, pending, ready, expired or disabled
#   txn.@PREFIX@.error           only if there was no answer; 1 is a timeout
spoe-agent acme-agent
    log global
    option dontlog-normal
    groups ask-challenge ask-tls-status ask-sni-status
    option var-prefix @PREFIX@
    option set-on-error error
    # How long a request waits for an agent that hangs. The agent itself gives up a look-up in a
    # shared database after 100 ms.
    timeout processing 250ms
@OLD_ENGINE@    use-backend acme-agents

spoe-message acme-challenge
    args host=req.hdr(host) path=path@FRONTEND_NAME@

spoe-message tls-status
    args host=req.hdr(host)

# The name is taken from a variable, so that it can come from ssl_fc_sni (a frontend that ends TLS) or
# from req.ssl_sni (a "mode tcp" frontend): set txn.acme_sni before sending the group.
spoe-message sni-status
    args sni=var(txn.acme_sni)

# Groups and not events: a group is sent where haproxy.cfg says so, and nowhere else.
spoe-group ask-challenge
    messages acme-challenge

spoe-group ask-tls-status
    messages tls-status

spoe-group ask-sni-status
    messages sni-status
)";

constexpr std::string_view old_engine =
    R"(    # Known to HAProxy up to 3.0 only. Fragments would be refused again and again until the timeout.
    timeout hello 250ms
    timeout idle 2m
    no option send-frag-payload
)";

/// Between the frontend that sorts TLS and the one that ends it; named after the responder, so that
/// several edges on one machine do not meet.
std::string inner_https(const base::Endpoint& tls_alpn) {
  const auto* abstract = std::get_if<base::AbstractEndpoint>(&tls_alpn);
  return "abns@" + (abstract ? abstract->name : std::string("acme-spoa-alpn")) + "-https";
}

std::string server_lines(const StaticConfigOptions& options) {
  // A check every second: until it has failed, every question to a hanging agent waits in full.
  std::string check = " check inter 1s fall 2 rise 1";
  if (options.version == ConfigVersion::v2_6) check += " on-marked-down shutdown-sessions";
  std::string lines;
  for (std::size_t i = 0; i < options.spop.size(); ++i) {
    lines += "    server agent" + std::to_string(i + 1) + " " + to_string(options.spop[i]) + check +
             "\n";
  }
  return lines;
}

std::string runtime_api(const base::Endpoint& endpoint) {
  const auto* local = std::get_if<base::UnixEndpoint>(&endpoint);
  return local ? local->path + " mode 660" : to_string(endpoint);
}

std::vector<Substitution> substitutions(const StaticConfigOptions& options) {
  const bool frontend = options.place == Placement::frontend;
  const bool old = options.version == ConfigVersion::v2_6;
  const std::string port =
      options.https_port == 443 ? "" : ":" + std::to_string(options.https_port);
  return {
      {"@VERSION@", std::string(to_string(options.version))},
      {"@PLACE@", std::string(to_string(options.place))},
      {"@SPOE_CONF@", options.spoe_config_path},
      {"@CRT_LIST@", options.crt_list_path},
      {"@RUNTIME_API@", runtime_api(options.runtime_api)},
      {"@PAYLOAD_LIMIT@", std::string(old ? payload_limit_2_6 : "")},
      {"@HTTP@", join(options.http_binds)},
      {"@HTTPS@", join(options.https_binds)},
      {"@HTTPS_IN@", options.tls_alpn ? inner_https(*options.tls_alpn) : join(options.https_binds)},
      {"@ACCEPT_PROXY@", options.tls_alpn ? " accept-proxy" : ""},
      {"@TLS_ALPN@", options.tls_alpn ? to_string(*options.tls_alpn) : std::string()},
      {"@HTTPS_PORT@", port},
      {"@HTTPS_CHALLENGE@", std::string(frontend ? "" : https_challenge)},
      {"@PREFIX@", options.var_prefix},
      {"@APPLICATION@", options.application},
      {"@FOREIGN_TOKENS@",
       options.foreign_tokens.empty() ? options.application : options.foreign_tokens},
      {"@FRONTEND_NAME@", options.sends_frontend_name ? " fe_name=fe_name" : ""},
      {"@OLD_ENGINE@", std::string(old ? old_engine : "")},
  };
}

}  // namespace

std::string haproxy_cfg_text(const StaticConfigOptions& options) {
  const bool frontend = options.place == Placement::frontend;
  std::string text(introduction);
  text += global_and_defaults;
  text += frontend ? http_in_with_filter : http_in_with_backends;
  if (options.tls_alpn) text += tls_in;
  text += https_in;
  if (!frontend) text += filter_backends;
  text += application;
  text += options.version == ConfigVersion::v2_6 ? agents_2_6 : agents_3_4;
  return fill(text, substitutions(options)) + server_lines(options);
}

std::string spoe_conf_text(const StaticConfigOptions& options) {
  return fill(spoe_agent, substitutions(options));
}

}  // namespace haproxy
