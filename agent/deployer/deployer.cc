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
/// Bundles read, written and flushed together, while the next ones are read: two such batches are
/// in memory, some kilobytes a bundle. A flush costs the same for more of them.
constexpr std::size_t batch_size = 4000;

haproxy::CrtListName list_name(const std::string& path) {
  auto name = haproxy::CrtListName::parse(path);
  if (name) return *name;
  throw std::invalid_argument("haproxy.crt_list: " + path + ": " + name.error().message());
}

/// With keys, in the order of the ids; those that the store has no longer are left out.
StoreResult<std::vector<CertificateBundle>> load_bundles(Store& store,
                                                         const std::vector<CertificateId>& ids) {
  std::vector<CertificateBundle> bundles;
  bundles.reserve(ids.size());
  for (const CertificateId id : ids) {
    auto bundle = store.certificate_bundle(id);
    // Replaced or retired since: whoever did that has told us of it.
    if (!bundle && bundle.error().code == StoreErrc::not_found) continue;
    if (!bundle) return base::Unexpected(bundle.error());
    bundles.push_back(std::move(*bundle));
  }
  return bundles;
}

std::span<const Certificate> first_batch(std::span<const Certificate> certificates) {
  return certificates.first(std::min(certificates.size(), batch_size));
}

std::vector<std::set<std::string>> labels_of(const std::vector<InstanceOptions>& instances) {
  std::vector<std::set<std::string>> labels;
  for (const InstanceOptions& instance : instances) labels.push_back(instance.labels);
  return labels;
}

/// Other names in a custom certificate are nobody's business here: they may be another tenant's.
std::string sni_of(const Certificate& certificate) {
  return certificate.authority == custom_authority ? certificate.names.front().text()
                                                   : std::string();
}

std::chrono::sys_seconds seconds_of(base::WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

/// What came of certificates being served.
struct Told {
  std::vector<Hostname> hostnames{};  ///< those that may have changed, as they are now
  bool has_retired = false;           ///< there are certificates to be removed
};

/// Marks them and reads what came of it.
StoreResult<Told> tell_served(Store& store,
                              const std::vector<Certificate>& certificates,
                              base::WallTime now) {
  std::vector<CertificateId> ids;
  for (const Certificate& certificate : certificates) ids.push_back(certificate.id);
  const auto changed = store.mark_served(ids, now);
  if (!changed) return base::Unexpected(changed.error());
  Told told;
  // Their own names in any case: an earlier try may have marked them and failed afterwards.
  std::set<base::DomainName> names(changed->begin(), changed->end());
  for (const Certificate& certificate : certificates) {
    names.insert(certificate.names.begin(), certificate.names.end());
  }
  for (const base::DomainName& name : names) {
    auto detail = store.hostname(name);
    if (!detail) return base::Unexpected(detail.error());
    if (*detail) told.hostnames.push_back((*detail)->hostname);
  }
  // Some have waited for these to be served.
  const auto retired = store.certificates(CertificateSelection::retired, CertificateId(0), 1);
  if (!retired) return base::Unexpected(retired.error());
  told.has_retired = !retired->empty();
  return told;
}

}  // namespace

Deployer::Done Deployer::to_sentence(const StoreError& error) {
  return base::Unexpected("the store: " + error.detail);
}

Deployer::Deployer(Parts parts, DeployerOptions options, DeployerListener& listener)
    : parts_(parts),
      directory_(options.paths),
      placement_(options.placement, labels_of(options.instances)),
      listener_(listener),
      handshakes_(std::max<std::size_t>(1, options.instances.size())) {
  for (InstanceOptions& instance : options.instances) {
    if (instance.crt_list.empty()) instance.crt_list = options.paths.crt_list;
    const std::string& path = instance.crt_list;
    auto list = std::find_if(
        lists_.begin(), lists_.end(), [&path](const List& l) { return l.file.path() == path; });
    if (list == lists_.end()) {
      CrtListFile file(path, directory_.folder(), options.paths.access);
      list = lists_.insert(lists_.end(), List{std::move(file), {}});
    }
    list->instances.push_back(instances_.size());
    InstanceListener& self = *this;
    Instance::Parts its{wanted_,
                        placement_,
                        instances_.size(),
                        list_name(path),
                        directory_.folder() + "/",
                        parts_.pool,
                        handshakes_,
                        parts_.clock,
                        parts_.log,
                        self};
    instances_.push_back(std::make_unique<Instance>(std::move(instance), std::move(its)));
  }
}

Deployer::~Deployer() {
  handshakes_.stop();
  handshakes_.join();  // a handshake under way refers to its instance
}

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
    status.instances.push_back({instance->status(),
                                instance->name(),
                                base::to_string(instance->options().runtime_api),
                                instance->options().crt_list});
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
    base::asio::co_spawn(executor, instance->prove(), base::log_failure(parts_.log, "prover"));
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

base::asio::awaitable<Deployer::Done> Deployer::start() {
  if (!sole_use_.claim(directory_.folder())) {
    co_return base::Unexpected("certificate_directory " + directory_.folder() +
                               ": another acme-spoa on this machine uses it; stop it, or give "
                               "each its own folder and HAProxy");
  }
  auto prepare = [this] {
    Done prepared = directory_.prepare();
    for (List& list : lists_) prepared = prepared ? list.file.prepare() : prepared;
    return prepared;
  };
  Done done = co_await base::run_on(parts_.pool, std::move(prepare));
  if (done) done = co_await load_wanted();
  if (done) done = co_await load_leaving();
  if (done) done = co_await restore_files();
  // Before any HAProxy is compared: what is not wanted yet would be taken off it.
  if (done) done = co_await write_issued();
  co_return done;
}

base::asio::awaitable<Deployer::Done> Deployer::load_wanted() {
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
        want(certificate, std::chrono::sys_seconds::max());
      }
    }
    if (page->size() < page_size) co_return Done();
    after = page->back().id;
  }
}

void Deployer::want(const Certificate& certificate, std::chrono::sys_seconds written) {
  wanted_.insert_or_assign(directory_.path_of(certificate.bundle_path),
                           WantedCertificate{certificate.id,
                                             haproxy::Fingerprint(certificate.fingerprint),
                                             certificate.names.front(),
                                             certificate.state == CertificateState::served,
                                             written,
                                             placement_.place(certificate.names),
                                             certificate.key,
                                             sni_of(certificate)});
}

/// By list: the lines of those that go to an instance that uses it.
std::vector<std::vector<CrtListBundle>> Deployer::lines_of(
    const std::vector<Certificate>& certificates) {
  std::vector<std::vector<CrtListBundle>> lines(lists_.size());
  for (const Certificate& certificate : certificates) {
    const DestinationId destination = placement_.place(certificate.names);
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      if (is_used(lists_[i], destination))
        lines[i].push_back({certificate.bundle_path, sni_of(certificate)});
    }
  }
  return lines;
}

bool Deployer::is_used(const List& list, DestinationId destination) const {
  return std::any_of(list.instances.begin(), list.instances.end(), [&](std::size_t instance) {
    return placement_.includes(destination, instance);
  });
}

/// What is served already must still be on disk; the crt-lists have no other line of ours.
base::asio::awaitable<Deployer::Done> Deployer::restore_files() {
  const std::size_t prefix = directory_.folder().size() + 1;
  std::vector<std::string> paths;
  for (const auto& [path, wanted] : wanted_) paths.push_back(path.substr(prefix));
  std::vector<std::string> issued;
  for (const auto& [path, certificate] : issued_) issued.push_back(path);
  auto look = [this, &paths] { return directory_.written_times(paths); };
  const auto times = co_await base::run_on(parts_.pool, std::move(look));
  auto look_at_issued = [this, &issued] { return directory_.written_times(issued); };
  const auto issued_times = co_await base::run_on(parts_.pool, std::move(look_at_issued));
  std::vector<Certificate> lost;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    WantedCertificate& wanted = wanted_.at(directory_.path_of(paths[i]));
    if (times[i]) {
      wanted.written = *times[i];
      continue;
    }
    Certificate certificate;
    certificate.id = wanted.id;
    certificate.bundle_path = paths[i];
    lost.push_back(std::move(certificate));
  }
  if (!lost.empty()) {
    parts_.log.warn("certificate files are missing and written again", {{"files", lost.size()}});
  }
  const Written written = co_await write(std::move(lost));
  if (!written.error.empty()) co_return base::Unexpected(written.error);
  // Of a renewal whose file is not written yet the old certificate is there, and stays in the list.
  std::vector<Certificate> renewed;
  for (std::size_t i = 0; i < issued.size(); ++i) {
    if (issued_times[i]) renewed.push_back(issued_.at(issued[i]));
  }
  auto lines = lines_of(renewed);
  for (const auto& [path, wanted] : wanted_) {
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      if (is_used(lists_[i], wanted.destination)) {
        lines[i].push_back({path.substr(prefix), wanted.sni});
      }
    }
  }
  auto set = [this, &lines] {
    Done done;
    for (std::size_t i = 0; done && i < lists_.size(); ++i) done = lists_[i].file.set(lines[i]);
    return done;
  };
  co_return co_await base::run_on(parts_.pool, std::move(set));
}

/// Refers to nothing of the caller's, who may end before it.
base::asio::awaitable<Deployer::Bundles> Deployer::read_bundles(
    std::span<const Certificate> certificates) {
  std::vector<CertificateId> ids;
  for (const Certificate& certificate : certificates) ids.push_back(certificate.id);
  auto read = [ids = std::move(ids)](Store& store) { return load_bundles(store, ids); };
  return parts_.database.run(std::move(read));
}

/// Their PEM files, durable; a few fsyncs for many files. While those of one batch are written the
/// next one is read.
base::asio::awaitable<Deployer::Written> Deployer::write(std::vector<Certificate> certificates) {
  const auto executor = co_await base::asio::this_coro::executor;
  Written outcome;
  if (certificates.empty()) co_return outcome;
  std::span<const Certificate> next = first_batch(certificates);
  base::Started<Bundles> reading(executor, read_bundles(next));
  std::span<const Certificate> rest(certificates);
  while (!rest.empty()) {
    const Bundles bundles = co_await reading.take();
    if (!bundles) {
      outcome.error = "the store: " + bundles.error().detail;
      co_return outcome;
    }
    for (const Certificate& certificate : next) outcome.gone.insert(certificate.id);
    for (const CertificateBundle& bundle : *bundles) outcome.gone.erase(bundle.certificate.id);
    rest = rest.subspan(next.size());
    next = first_batch(rest);
    if (!next.empty()) reading = base::Started<Bundles>(executor, read_bundles(next));
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

/// Files, then the processes, and while these work the lines for their next start. Nothing counts
/// as served before its line is durable: judge() looks at issued_.
base::asio::awaitable<Deployer::Done> Deployer::write_issued() {
  if (issued_.empty()) co_return Done();
  const std::map<std::string, Certificate> batch = issued_;
  std::vector<Certificate> certificates;
  for (const auto& [path, certificate] : batch) certificates.push_back(certificate);
  const Written written = co_await write(std::move(certificates));
  fault_point("deploy: bundle written");
  std::vector<Certificate> listable;  // a line without a file would stop HAProxy's next start
  for (const auto& [bundle_path, certificate] : batch) {
    if (!written.written.contains(certificate.id)) continue;
    listable.push_back(certificate);
    const bool is_newest = issued_.at(bundle_path).id == certificate.id;
    if (is_newest) offer(certificate);
  }
  const auto lines = lines_of(listable);
  auto list = [this, &lines] {
    Done done;
    for (std::size_t i = 0; done && i < lists_.size(); ++i)
      done = lists_[i].file.change(lines[i], {});
    return done;
  };
  const Done listed = co_await base::run_on(parts_.pool, std::move(list));
  if (!listed) co_return listed;
  fault_point("deploy: files written");
  for (const auto& [bundle_path, certificate] : batch) {
    const auto waiting = issued_.find(bundle_path);
    const bool is_newest = waiting->second.id == certificate.id;  // else it is the next round's
    const bool is_written = written.written.contains(certificate.id);
    if (is_newest && (is_written || written.gone.contains(certificate.id))) issued_.erase(waiting);
    if (is_written) judge(directory_.path_of(bundle_path));
  }
  if (!written.error.empty()) co_return base::Unexpected(written.error);
  co_return Done();
}

/// Its file is there: every process may have it.
void Deployer::offer(const Certificate& certificate) {
  const std::string path = directory_.path_of(certificate.bundle_path);
  want(certificate, seconds_of(parts_.clock.wall()));
  pending_.insert_or_assign(path, certificate);
  for (const auto& instance : instances_) instance->touch(path);
}

void Deployer::certificate_loaded(const Instance&, const std::string& path) {
  if (held_for_.contains(path)) look_for_retired();
}

void Deployer::certificate_proven(const Instance&, const std::string& path) {
  judge(path);
}

void Deployer::sync_changed(const Instance&) {
  std::vector<std::string> paths;
  for (const auto& [path, certificate] : pending_) paths.push_back(path);
  for (const std::string& path : paths) judge(path);
  if (!held_for_.empty()) look_for_retired();
}

void Deployer::command_failed(const Instance& instance, const haproxy::RuntimeError& error) {
  listener_.runtime_command_failed(instance.name(), error);
}

void Deployer::command_done(const Instance& instance,
                            std::string_view kind,
                            std::chrono::microseconds took) {
  listener_.runtime_command_done(instance.name(), kind, took);
}

void Deployer::incident(const Instance& instance,
                        InstanceIncident what,
                        const std::string& detail) {
  listener_.instance_incident(instance.name(), what, detail);
}

/// Served: its line is on disk, and it is served by every instance that it goes to and that is
/// connected, and by one at least.
void Deployer::judge(const std::string& path) {
  const auto found = pending_.find(path);
  const auto wanted = wanted_.find(path);
  if (found == pending_.end() || wanted == wanted_.end()) return;
  const auto unlisted = issued_.find(found->second.bundle_path);
  if (unlisted != issued_.end() && unlisted->second.id == found->second.id) return;
  bool by_one = false;
  for (const auto& instance : instances_) {
    if (!instance->takes(wanted->second)) continue;
    const bool proven = instance->has_proven(path, found->second.id);
    if (instance->is_connected() && !proven) return;
    by_one = by_one || proven;
  }
  if (!by_one) return;
  served_.push_back(std::move(found->second));
  pending_.erase(found);
  wake();
}

base::asio::awaitable<Deployer::Done> Deployer::mark_served() {
  if (served_.empty()) co_return Done();
  const auto count = static_cast<std::ptrdiff_t>(std::min(served_.size(), page_size));
  const std::vector<Certificate> batch(served_.begin(), served_.begin() + count);
  auto tell = [&batch, now = parts_.clock.wall()](Store& store) {
    return tell_served(store, batch, now);
  };
  const auto told = co_await parts_.database.run(std::move(tell));
  if (!told) co_return to_sentence(told.error());
  fault_point("deploy: served");
  for (const Hostname& hostname : told->hostnames) {
    parts_.lookup.put(hostname.name.text(), state_of(hostname));
  }
  for (const Certificate& certificate : batch) {
    const auto wanted = wanted_.find(directory_.path_of(certificate.bundle_path));
    if (wanted != wanted_.end() && wanted->second.id == certificate.id)
      wanted->second.served = true;
    parts_.log.info("certificate served",
                    {{"name", certificate.names.front().text()}, {"serial", certificate.serial}});
    listener_.certificate_served(certificate, time_since_deploy(certificate.id));
  }
  served_.erase(served_.begin(), served_.begin() + count);
  if (!served_.empty()) woken_ = true;
  if (told->has_retired) look_for_retired();
  co_return Done();
}

std::optional<std::chrono::milliseconds> Deployer::time_since_deploy(CertificateId id) {
  const auto began = deploy_began_.extract(id);
  if (began.empty()) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.monotonic() -
                                                               began.mapped());
}

base::asio::awaitable<std::optional<base::Result<Instance::SyncPlan, std::string>>> Deployer::sync(
    std::string instance, Instance::SyncMode mode) {
  for (const auto& candidate : instances_) {
    if (candidate->name() == instance) co_return co_await candidate->sync(mode);
  }
  co_return std::nullopt;
}

base::asio::awaitable<std::vector<Deployer::Proof>> Deployer::verify(
    std::vector<std::string> bundle_paths) {
  std::vector<Proof> proofs;
  for (const std::string& bundle_path : bundle_paths) {
    const std::string path = directory_.path_of(bundle_path);
    for (const auto& instance : instances_) {
      const auto found = wanted_.find(path);
      if (found == wanted_.end() || !instance->takes(found->second)) continue;
      const WantedCertificate wanted = found->second;  // the entry may go during the handshake
      const ProofOptions& options = instance->proof_options();
      auto shake_hands = [&options, &path, &wanted] { return prove(options, path, wanted); };
      std::string failure = co_await base::run_on(handshakes_, std::move(shake_hands));
      proofs.push_back({instance->name(), wanted.probe_name, std::move(failure)});
    }
  }
  co_return proofs;
}

std::string Deployer::refusal(const CertificateBundle& bundle) {
  const auto pem = haproxy::PemBundle::make(bundle.private_key_pem, bundle.chain_pem);
  if (!pem) return pem.error().detail;
  const std::string path = directory_.path_of(bundle.certificate.bundle_path);
  const auto name = haproxy::CertificateName::parse(path);
  if (!name) return path + ": " + name.error().message();
  const DestinationId destination = placement_.place(bundle.certificate.names);
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    if (!placement_.includes(destination, i)) continue;
    std::string why = instances_[i]->refusal({*name, *pem});
    if (!why.empty()) {
      return "HAProxy " + instances_[i]->name() + " could not be given it: " + why;
    }
  }
  return {};
}

}  // namespace agent
