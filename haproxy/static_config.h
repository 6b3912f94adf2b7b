#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"

namespace haproxy {

/// The HAProxy a configuration is written for. The line between them is 3.1, where the SPOE engine
/// was replaced: v2_6 serves 2.4 to 3.0, v3_4 serves 3.1 and newer.
enum class ConfigVersion { v2_6, v3_4 };
std::string_view to_string(ConfigVersion version);  ///< `2.6`, `3.4`
std::optional<ConfigVersion> parse_config_version(std::string_view text);

/// Where the SPOE filter is attached.
enum class Placement {
  frontend,  ///< costs every request of that frontend 2-7 %; foreign tokens follow its routing
             ///< rules
  backend,   ///< costs only requests sent to such a backend; foreign tokens go to a named server
};
std::string_view to_string(Placement place);  ///< `frontend`, `backend`
std::optional<Placement> parse_placement(std::string_view text);

/// What the printed configuration is made for. Addresses that HAProxy binds or connects to are in
/// its own spelling (`:80`, `127.0.0.1:8080`, `unix@/run/x.sock`).
struct StaticConfigOptions {
  ConfigVersion version = ConfigVersion::v2_6;
  Placement place = Placement::backend;
  /// Where the agents listen for SPOP. `abns@` or TCP: under HAProxy's usual chroot a unix path is
  /// looked up inside the chroot and never found.
  std::vector<base::Endpoint> spop = {base::AbstractEndpoint{"acme-spoa"}};
  /// The stats socket the agent sends certificates to.
  base::Endpoint runtime_api = base::UnixEndpoint{"/run/haproxy/admin.sock"};
  std::string crt_list_path = "/var/lib/acme-spoa/haproxy/crt-list.txt";
  std::string spoe_config_path = "/etc/haproxy/acme-spoa.spoe.conf";
  std::vector<std::string> http_binds = {":80"};
  std::vector<std::string> https_binds = {":443"};
  std::uint16_t https_port = 443;  ///< as visitors see it; where a redirect points to
  std::string application = "127.0.0.1:8080";
  /// Placement::backend: who gets a challenge whose token is not ours; empty: the application.
  std::string foreign_tokens;
  /// Where the agent's responder of tls-alpn-01 listens: then a `mode tcp` frontend sorts TLS by
  /// its ALPN before it is ended. nullopt: there is none.
  std::optional<base::Endpoint> tls_alpn = std::nullopt;
  /// Whether the agent is told which frontend a challenge came to (`fe_name`).
  bool sends_frontend_name = false;
  std::string var_prefix = "acme";  ///< variables are `txn.<prefix>.key_auth` and so on
};

/// Two files, each ending in LF.
struct StaticConfig {
  std::string haproxy_cfg;  ///< complete: `haproxy -c -f` accepts it as it is
  std::string spoe_conf;    ///< to be stored at spoe_config_path
};

/// The complete configuration that never changes when hostnames come and go, with comments that
/// teach a stranger what each part is for and which lines to copy. Its interface (messages,
/// arguments, variables) is documented and stable. A dead agent never stops traffic: a question
/// without an answer in time lets the request go on to the application.
///
/// The crt-list must exist before HAProxy starts, and may be empty. The error is a sentence that
/// names the option and what is wrong with it: an empty list, or a character that would end the
/// word in HAProxy's syntax.
base::Result<StaticConfig, std::string> render_static_config(const StaticConfigOptions& options);

}  // namespace haproxy
