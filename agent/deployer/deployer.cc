#include "agent/deployer/deployer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "agent/fault/fault_point.h"
#include "base/run_on.h"

namespace agent {
namespace {

constexpr std::chrono::seconds retry_delay{5};
constexpr std::chrono::seconds longest_rest{60};
constexpr std::size_t page_size = 1000;
/// Bundles read, written and flushed together; each is some kilobytes.
constexpr std::size_t batch_size = 500;

using Done = base::Result<void, std::string>;

Done to_sentence(const StoreError& error) {
  return base::Unexpected("the store: " + error.detail);
}

haproxy::CrtListName list_name(const std::string& path) {
  auto name = haproxy::CrtListName::parse(path);
  if (name) return *name;
  throw std::invalid_argument("haproxy.crt_list: " + path + ": " + name.error().message());
}

StoreResult<std::vector<CertificateBundle>> load_bundles(
    Store& store, const std::vector<Certificate>& certificates) {
  std::vector<CertificateBundle> bundles;
  for (const Certificate& certificate : certificates) {
    auto bundle = store.certificate_bundle(certificate.id);
    // Replaced or retired since: whoever did that has told us of it.
    if (!bundle && bundle.error().code == StoreErrc::not_found) continue;
    if (!bundle) return base::Unexpected(bundle.error());
    bundles.push_back(std::move(*bundle));
  }
  return bundles;
}

/// Makes our lines of the crt-list those whose files are there.
Done list_present(const BundleDirectory& directory, std::vector<std::string> paths) {
  const std::vector<std::string> missing = directory.missing(paths);
  const std::set<std::string> absent(missing.begin(), missing.end());
  std::erase_if(paths, [&absent](const std::string& path) { return absent.contains(path); });
  return directory.set_list(paths);
}

/// Marks them and reads their hostnames as they then are.
StoreResult<std::vector<Hostname>> tell_served(Store& store,
                                               const std::vector<Certificate>& certificates,
                                               base::WallTime now) {
  std::vector<CertificateId> ids;
  for (const Certificate& certificate : certificates) ids.push_back(certificate.id);
  const StoreResult<void> marked = store.mark_served(ids, now);
  if (!marked) return base::Unexpected(marked.error());
  std::vector<Hostname> hostnames;
  for (const Certificate& certificate : certificates) {
    for (const base::DomainName& name : certificate.names) {
      auto detail = store.hostname(name);
      if (!detail) return base::Unexpected(detail.error());
      if (*detail) hostnames.push_back((*detail)->hostname);
    }
  }
  return hostnames;
}

}  // namespace

Deployer::Deployer(Parts parts, DeployerOptions options, DeployerListener& listener)
    : parts_(parts), directory_(std::move(options.paths)), listener_(listener) {
  InstanceListener& self = *this;
  for (InstanceOptions& instance : options.instances) {
    instances_.push_back(std::make_unique<Instance>(std::move(instance),
                                                    wanted_,
                                                    list_name(directory_.crt_list()),
                                                    directory_.folder() + "/",
                                                    parts_.pool,
                                                    parts_.log,
                                                    self));
  }
}

Deployer::~Deployer() = default;

void Deployer::wake() {
  woken_ = true;
  if (alarm_) alarm_->cancel();
}

void Deployer::deploy(const Certificate& certificate) {
  issued_.insert_or_assign(certificate.bundle_path, certificate);
  deploy_began_.insert_or_assign(certificate.id, parts_.clock.monotonic());
  wake();
}

void Deployer::look_for_retired() {
  may_have_retired_ = true;
  wake();
}

Deployer::Status Deployer::status() const {
  Status status;
  for (const auto& instance : instances_) {
    status.instances.push_back({instance->name(),
                                instance->is_connected(),
                                instance->is_in_sync(),
                                instance->loaded(),
                                instance->trouble()});
  }
  status.wanted = wanted_.size();
  status.pending = issued_.size() + pending_.size() + served_.size();
  status.trouble = trouble_;
  return status;
}

base::asio::awaitable<void> Deployer::run() {
  const auto executor = co_await base::asio::this_coro::executor;
  alarm_.emplace(executor);
  Done started = co_await start();
  while (!started) {
    co_await rest(started);
    started = co_await start();
  }
  for (const auto& instance : instances_) {
    base::asio::co_spawn(executor, instance->run(), base::log_failure(parts_.log, "instance"));
  }
  while (true) {
    woken_ = false;
    // What HAProxy serves is told even while the disk is in trouble.
    const Done marked = co_await mark_served();
    Done done = co_await write_issued();
    if (done) done = co_await remove_retired();
    co_await rest(done ? marked : done);
  }
}

/// Until something wakes us, or until what failed may work again.
base::asio::awaitable<void> Deployer::rest(const Done& done) {
  if (!done && done.error() != trouble_) {
    parts_.log.error("deployment waits", {{"error", done.error()}});
  }
  trouble_ = done ? std::string() : done.error();
  if (done && woken_) co_return;
  boost::system::error_code ignored;  // cancelled by wake()
  if (done) {
    alarm_->expires_after(longest_rest);
  } else {
    alarm_->expires_after(retry_delay);
  }
  co_await alarm_->async_wait(base::into(ignored));
}

base::asio::awaitable<Done> Deployer::start() {
  auto prepare = [this] { return directory_.prepare(); };
  Done done = co_await base::run_on(parts_.pool, std::move(prepare));
  if (done) done = co_await load_wanted();
  if (done) done = co_await restore_files();
  // Before any HAProxy is compared: what is not wanted yet would be taken off it.
  if (done) done = co_await write_issued();
  co_return done;
}

base::asio::awaitable<Done> Deployer::load_wanted() {
  CertificateId after{0};
  while (true) {
    auto read = [after](Store& store) {
      return store.certificates(CertificateSelection::wanted, after, page_size);
    };
    const auto page = co_await parts_.database.run(std::move(read));
    if (!page) co_return to_sentence(page.error());
    for (const Certificate& certificate : *page) {
      if (certificate.state == CertificateState::issued) {
        issued_.insert_or_assign(certificate.bundle_path, certificate);
      } else {
        want(certificate);
      }
    }
    if (page->size() < page_size) co_return Done();
    after = page->back().id;
  }
}

void Deployer::want(const Certificate& certificate) {
  wanted_.insert_or_assign(directory_.path_of(certificate.bundle_path),
                           WantedCertificate{certificate.id,
                                             haproxy::Fingerprint(certificate.fingerprint),
                                             certificate.names.front(),
                                             certificate.state == CertificateState::served});
}

/// What is served already must still be on disk; the crt-list has no other line of ours.
base::asio::awaitable<Done> Deployer::restore_files() {
  const std::size_t prefix = directory_.folder().size() + 1;
  std::vector<std::string> paths;
  for (const auto& [path, wanted] : wanted_) paths.push_back(path.substr(prefix));
  auto find = [this, &paths] { return directory_.missing(paths); };
  const std::vector<std::string> missing = co_await base::run_on(parts_.pool, std::move(find));
  if (!missing.empty()) {
    parts_.log.warn("certificate files are missing and written again", {{"files", missing.size()}});
  }
  std::vector<Certificate> lost;
  for (const std::string& path : missing) {
    const WantedCertificate& wanted = wanted_.at(directory_.path_of(path));
    Certificate certificate;
    certificate.id = wanted.id;
    certificate.bundle_path = path;
    lost.push_back(std::move(certificate));
  }
  const Written written = co_await write(std::move(lost));
  if (!written.error.empty()) co_return base::Unexpected(written.error);
  // A renewal whose file is not written yet: the old certificate is there, and stays in the list.
  for (const auto& [path, certificate] : issued_) paths.push_back(path);
  auto set = [this, &paths] { return list_present(directory_, std::move(paths)); };
  co_return co_await base::run_on(parts_.pool, std::move(set));
}

/// Their PEM files, durable; a few fsyncs for many files.
base::asio::awaitable<Deployer::Written> Deployer::write(std::vector<Certificate> certificates) {
  Written outcome;
  for (std::size_t first = 0; first < certificates.size(); first += batch_size) {
    const std::size_t last = std::min(certificates.size(), first + batch_size);
    const std::vector<Certificate> batch(certificates.begin() + static_cast<std::ptrdiff_t>(first),
                                         certificates.begin() + static_cast<std::ptrdiff_t>(last));
    auto read = [&batch](Store& store) { return load_bundles(store, batch); };
    const auto bundles = co_await parts_.database.run(std::move(read));
    if (!bundles) {
      outcome.error = "the store: " + bundles.error().detail;
      co_return outcome;
    }
    for (const Certificate& certificate : batch) outcome.gone.insert(certificate.id);
    for (const CertificateBundle& bundle : *bundles) outcome.gone.erase(bundle.certificate.id);
    auto put = [this, &bundles, &outcome] {
      write_bundles(*bundles, outcome);
      return Done();
    };
    static_cast<void>(co_await base::run_on(parts_.pool, std::move(put)));
  }
  co_return outcome;
}

/// All at once; if that fails each for itself, so that one bad path holds up no other certificate.
void Deployer::write_bundles(std::span<const CertificateBundle> bundles, Written& outcome) const {
  const bool all = directory_.write(bundles).has_value();
  for (const CertificateBundle& bundle : bundles) {
    const Done done = all ? Done() : directory_.write(std::span(&bundle, 1));
    if (done) {
      outcome.written.insert(bundle.certificate.id);
    } else {
      outcome.error = done.error();
    }
  }
}

base::asio::awaitable<Done> Deployer::write_issued() {
  if (issued_.empty()) co_return Done();
  const std::map<std::string, Certificate> batch = issued_;
  std::vector<Certificate> certificates;
  for (const auto& [path, certificate] : batch) certificates.push_back(certificate);
  const Written written = co_await write(std::move(certificates));
  std::vector<std::string> paths;  // a line without a file would stop HAProxy's next start
  for (const auto& [path, certificate] : batch) {
    if (written.written.contains(certificate.id)) paths.push_back(path);
  }
  auto list = [this, &paths] { return directory_.change_list(paths, {}); };
  const Done listed = co_await base::run_on(parts_.pool, std::move(list));
  if (!listed) co_return listed;
  fault_point("deploy: files written");
  for (const auto& [bundle_path, certificate] : batch) {
    const auto waiting = issued_.find(bundle_path);
    if (waiting->second.id != certificate.id) continue;  // renewed meanwhile: the next round's
    const bool is_written = written.written.contains(certificate.id);
    if (is_written || written.gone.contains(certificate.id)) issued_.erase(waiting);
    if (!is_written) continue;
    const std::string path = directory_.path_of(bundle_path);
    want(certificate);
    pending_.insert_or_assign(path, certificate);
    for (const auto& instance : instances_) instance->touch(path);
  }
  if (!written.error.empty()) co_return base::Unexpected(written.error);
  co_return Done();
}

void Deployer::certificate_proven(const Instance&, const std::string& path) {
  judge(path);
}

void Deployer::sync_changed(const Instance&) {
  std::vector<std::string> paths;
  for (const auto& [path, certificate] : pending_) paths.push_back(path);
  for (const std::string& path : paths) judge(path);
}

void Deployer::command_failed(const Instance& instance, const haproxy::RuntimeError& error) {
  listener_.runtime_command_failed(instance.name(), error);
}

/// Served: by every instance that is connected, and by one at least.
void Deployer::judge(const std::string& path) {
  const auto found = pending_.find(path);
  if (found == pending_.end()) return;
  bool by_one = false;
  for (const auto& instance : instances_) {
    const bool proven = instance->has_proven(path, found->second.id);
    if (instance->is_connected() && !proven) return;
    by_one = by_one || proven;
  }
  if (!by_one) return;
  served_.push_back(std::move(found->second));
  pending_.erase(found);
  wake();
}

base::asio::awaitable<Done> Deployer::mark_served() {
  if (served_.empty()) co_return Done();
  const std::vector<Certificate> batch = served_;
  auto tell = [&batch, now = parts_.clock.wall()](Store& store) {
    return tell_served(store, batch, now);
  };
  const auto hostnames = co_await parts_.database.run(std::move(tell));
  if (!hostnames) co_return to_sentence(hostnames.error());
  fault_point("deploy: served");
  for (const Hostname& hostname : *hostnames) {
    parts_.lookup.put(hostname.name.text(),
                      {hostname.mode, hostname.https_redirect, hostname.served_until});
  }
  for (const Certificate& certificate : batch) {
    const auto wanted = wanted_.find(directory_.path_of(certificate.bundle_path));
    if (wanted != wanted_.end() && wanted->second.id == certificate.id)
      wanted->second.served = true;
    parts_.log.info("certificate served",
                    {{"name", certificate.names.front().text()}, {"serial", certificate.serial}});
    listener_.certificate_served(certificate, time_since_deploy(certificate.id));
  }
  served_.erase(served_.begin(), served_.begin() + static_cast<std::ptrdiff_t>(batch.size()));
  co_return Done();
}

std::optional<std::chrono::milliseconds> Deployer::time_since_deploy(CertificateId id) {
  const auto began = deploy_began_.extract(id);
  if (began.empty()) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.monotonic() -
                                                               began.mapped());
}

base::asio::awaitable<Done> Deployer::remove_retired() {
  if (!may_have_retired_) co_return Done();
  may_have_retired_ = false;
  auto read = [](Store& store) {
    return store.certificates(CertificateSelection::retired, CertificateId{0}, page_size);
  };
  const auto retired = co_await parts_.database.run(read);
  if (!retired) {
    may_have_retired_ = true;
    co_return to_sentence(retired.error());
  }
  std::vector<std::string> paths;
  std::vector<CertificateId> ids;
  for (const Certificate& certificate : *retired) {
    ids.push_back(certificate.id);
    if (let_go(certificate)) paths.push_back(certificate.bundle_path);
  }
  if (ids.empty()) co_return Done();
  const Done removed = co_await remove_files(paths, ids);
  may_have_retired_ = may_have_retired_ || !removed || ids.size() == page_size;
  if (may_have_retired_) woken_ = woken_ || removed.has_value();
  co_return removed;
}

/// Takes it off every HAProxy; false if its file belongs to a newer certificate by now.
bool Deployer::let_go(const Certificate& certificate) {
  deploy_began_.erase(certificate.id);
  const std::string path = directory_.path_of(certificate.bundle_path);
  const auto newer = issued_.find(certificate.bundle_path);
  if (newer != issued_.end() && newer->second.id != certificate.id) return false;
  if (newer != issued_.end()) issued_.erase(newer);
  const auto wanted = wanted_.find(path);
  if (wanted != wanted_.end() && wanted->second.id != certificate.id) return false;
  if (wanted != wanted_.end()) wanted_.erase(wanted);
  pending_.erase(path);
  for (const auto& instance : instances_) instance->touch(path);
  return true;
}

base::asio::awaitable<Done> Deployer::remove_files(const std::vector<std::string>& paths,
                                                   const std::vector<CertificateId>& ids) {
  auto remove = [this, &paths] {
    const Done listed = directory_.change_list({}, paths);
    return listed ? directory_.remove(paths) : listed;
  };
  const Done removed = co_await base::run_on(parts_.pool, std::move(remove));
  if (!removed) co_return removed;
  auto forget = [&ids, now = parts_.clock.wall()](Store& store) {
    return store.forget_certificates(ids, now);
  };
  const StoreResult<void> forgotten = co_await parts_.database.run(std::move(forget));
  if (!forgotten) co_return to_sentence(forgotten.error());
  co_return Done();
}

}  // namespace agent
