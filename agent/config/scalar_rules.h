#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <sys/types.h>

#include "agent/config/config.h"
#include "agent/config/scalar_rule.h"
#include "base/domain_name.h"
#include "base/endpoint.h"

namespace agent {

/// The kinds of values that keys have. Ranges include both ends.

ScalarRule<std::size_t> whole_number(std::size_t min, std::size_t max);
ScalarRule<std::chrono::milliseconds> duration(std::chrono::milliseconds min,
                                               std::chrono::milliseconds max);
ScalarRule<bool> true_only(std::string expected);
ScalarRule<bool> boolean();  ///< true or false

/// Absolute, in a canonical spelling (a slash at the end is dropped).
ScalarRule<std::string> absolute_path();
/// The same of characters that HAProxy's configuration and crt-lists take unquoted.
ScalarRule<std::string> haproxy_path();
/// The same below the length of sun_path.
ScalarRule<std::string> socket_path();

/// Four octal digits of which the owner has read and write and nobody what is not in `allowed`.
ScalarRule<mode_t> file_mode(mode_t allowed, std::string expected);

ScalarRule<base::Endpoint> endpoint();
/// TCP, and only for this machine: what is sent there is not encrypted.
ScalarRule<base::TcpEndpoint> loopback_endpoint();
/// 1 to 32 of a-z, 0-9, - and _: fit for a label of a metric.
ScalarRule<std::string> label_name();
ScalarRule<std::string> proxy_name();  ///< of a frontend or backend of HAProxy
ScalarRule<std::string> non_empty_text(std::string expected);
/// RFC 8555 §6.1 and §7.1.1: https only.
ScalarRule<std::string> https_url();
/// Without a query; https anywhere, http on this machine only: there are credentials in the
/// requests, or answers that are relied on.
ScalarRule<std::string> service_url();
/// As inet_ntop(3) writes it.
ScalarRule<std::string> ip_address();
/// `example.org`, or `*.example.org` for all names below it.
ScalarRule<base::DomainName> name_pattern();
/// RFC 8555 §7.3: one address, no header fields.
ScalarRule<std::string> mailto_url();

ScalarRule<KeyType> key_type();
/// What we can make account keys of: authorities all take it, and JWS by it is short.
ScalarRule<KeyType> account_key_type();
ScalarRule<base::LogLevel> log_level();
ScalarRule<LogFormat> log_format();

}  // namespace agent
