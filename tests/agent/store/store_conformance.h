#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/store/store.h"

namespace agent {

/// A database that a test can close and open again.
class StoreBackend {
 public:
  virtual ~StoreBackend() = default;
  virtual Store& store() = 0;
  virtual void reopen() = 0;
};

struct BackendKind {
  std::string name;
  std::function<std::unique_ptr<StoreBackend>()> make;

  friend void PrintTo(const BackendKind& kind, std::ostream* out) { *out << kind.name; }
};

inline std::string name_of_backend(const testing::TestParamInfo<BackendKind>& info) {
  return info.param.name;
}

/// When every test begins.
constexpr base::WallTime start = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

/// What every Store must do. A backend instantiates the suite with its BackendKind.
class StoreConformance : public testing::TestWithParam<BackendKind> {
 protected:
  Store& store() { return backend_->store(); }
  void reopen() { backend_->reopen(); }

  static base::DomainName name(std::string_view text) {
    return base::DomainName::parse(text).value();
  }
  static std::vector<base::DomainName> names(std::initializer_list<std::string_view> texts) {
    std::vector<base::DomainName> result;
    for (const std::string_view text : texts) result.push_back(name(text));
    return result;
  }

  void add(std::initializer_list<std::string_view> texts, base::WallTime now = start);
  void set_mode(std::string_view text, HostnameMode mode, base::WallTime now = start);
  std::vector<RemoveOutcome> remove(std::initializer_list<std::string_view> texts,
                                    base::WallTime now = start);
  HostnameDetail detail(std::string_view text);
  bool exists(std::string_view text);

  OrderRecord order_for(std::initializer_list<std::string_view> texts, base::WallTime now = start);
  /// A certificate of 90 days from `start`, renewed after 60.
  static CertificateBundle bundle_for(std::initializer_list<std::string_view> texts,
                                      const std::string& serial = "0A01");
  /// Adds the hostname and takes it through an order; the certificate is not yet served.
  CertificateId issue(std::string_view text, const std::string& serial = "0A01");
  void serve(CertificateId id, base::WallTime now = start);

  std::vector<std::string> due_names(base::WallTime now, std::size_t limit = 100);
  std::vector<std::string> listed_names(const HostnameQuery& query, base::WallTime now = start);
  std::vector<std::int64_t> certificate_ids(CertificateSelection selection);
  std::vector<EventKind> event_kinds(const std::string& subject);

 private:
  std::unique_ptr<StoreBackend> backend_ = GetParam().make();
};

}  // namespace agent
