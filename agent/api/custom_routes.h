#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "agent/api/api_message.h"
#include "agent/api/change_listener.h"
#include "agent/api/haproxy_control.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"
#include "agent/model/custom.h"
#include "agent/platform/platform_rules.h"
#include "base/clock.h"

namespace agent {

/// Where the bundle of a hostname's custom certificate lies; no other certificate's has that path.
using CustomBundlePath = std::function<std::string(const base::DomainName&)>;

/// Certificates that the owners of hostnames bring.
///
///   POST /v1/hostnames/{name}/certificate   {chain, key?, passphrase?} or {pkcs12, passphrase?};
///                                           return_to_automatic_days? -> hostname (views.h)
///   POST /v1/hostnames/{name}/csr           {key_type?, common_name?, organization?,
///                                           organizational_unit?, locality?, state?, country?,
///                                           names?} -> 201 {name, names, csr, created}
///   GET  /v1/hostnames/{name}/csr           -> {name, csr, created}; with Accept:
///                                           application/x-pem-file the PEM alone
///
/// Without `key` the certificate is for the newest CSR. Who may change the hostname may do this,
/// HostnameChanges decides. No answer has a key. What takes time (opening, checking, making a
/// key) is done on a thread of our own, one after the other; too-many-requests if too many wait.
/// What the references name outlives it, and it outlives the router's use.
class CustomRoutes {
 public:
  static constexpr std::size_t max_waiting = 32;
  static constexpr std::size_t max_names = 100;  ///< in a CSR

  CustomRoutes(StoreAccess& store,
               const base::Clock& clock,
               ChangeListener& listener,
               const PlatformRules& rules,
               HaproxyControl& haproxy,
               CustomBundlePath bundle_path)
      : store_(store),
        clock_(clock),
        listener_(listener),
        rules_(rules),
        haproxy_(haproxy),
        bundle_path_(std::move(bundle_path)) {}
  ~CustomRoutes() { thread_.join(); }
  CustomRoutes(const CustomRoutes&) = delete;
  CustomRoutes& operator=(const CustomRoutes&) = delete;

  void add_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer install(const ApiRequest& request, const std::string& text);
  /// The last step of install().
  Answer keep(const ApiRequest& request, CustomInstallation& installation);
  Answer make_csr(const ApiRequest& request, const std::string& text);
  Answer show_csr(const ApiRequest& request, const std::string& text);

  StoreAccess& store_;
  const base::Clock& clock_;
  ChangeListener& listener_;
  const PlatformRules& rules_;
  HaproxyControl& haproxy_;
  CustomBundlePath bundle_path_;
  std::size_t waiting_ = 0;
  base::asio::thread_pool thread_{1};
};

}  // namespace agent
