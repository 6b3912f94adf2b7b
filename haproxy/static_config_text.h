#pragma once

#include <string>

#include "haproxy/static_config.h"

namespace haproxy {

/// The two texts of render_static_config(), which has checked the options before.
std::string haproxy_cfg_text(const StaticConfigOptions& options);
std::string spoe_conf_text(const StaticConfigOptions& options);

}  // namespace haproxy
