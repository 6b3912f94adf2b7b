#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/figure_families.h"

namespace agent {

/// Counts what happens, with prometheus-cpp's registry, and renders it with the figures that are
/// read when somebody asks. Labels are names from the configuration and error codes of ours, never
/// a hostname. Thread-safe.
class Metrics {
 public:
  explicit Metrics(std::string_view version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// An order has ended with a certificate; `took` as the issuer measured it.
  void certificate_issued(std::string_view authority, std::chrono::milliseconds took);
  /// An order was given up; `error` is the text of an error code, not a message of a peer.
  void order_failed(std::string_view authority, std::string_view error);
  /// A certificate's renewal info was asked for.
  void renewal_checked(std::string_view authority);
  /// Of these, one that brought no advice; `error` as in order_failed().
  void renewal_check_failed(std::string_view authority, std::string_view error);
  /// A certificate is proven to be served. `took` since it was issued, if that is known.
  void certificate_served(std::optional<std::chrono::milliseconds> took);
  /// A HAProxy process refused a command or did not answer; `error` as in order_failed().
  void runtime_command_failed(std::string_view instance, std::string_view error);
  /// A HAProxy process has answered a command of that kind (`set ssl cert`), or did not in time.
  void runtime_command_done(std::string_view instance,
                            std::string_view kind,
                            std::chrono::microseconds took);

  enum class Reload { taken_over, refused };
  /// SIGHUP: the configuration was read again.
  void configuration_reloaded(Reload outcome);

  /// All of it in Prometheus's text format.
  std::string render(const Figures& figures, const StoreFigures& store) const;

  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Families;  ///< prometheus-cpp's, which only metrics.cc needs to know
  std::unique_ptr<Families> families_;
};

}  // namespace agent
