#include "agent/deployer/instance.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/run_on.h"
#include "haproxy/asio/master_socket.h"

namespace agent {
namespace {

using haproxy::Errc;
using haproxy::RuntimeError;

constexpr std::chrono::seconds longest_back_off{10};
constexpr std::chrono::seconds jammed_delay{10};
constexpr std::chrono::minutes between_reloads{5};
constexpr std::chrono::seconds reload_timeout{600};  // 2.7 on answers once all is loaded

ProofOptions to_proof_options(const InstanceOptions& options) {
  ProofOptions proof;
  proof.binds = options.verify;
  proof.proxy = options.proxy;
  proof.interval = options.check_interval;
  return proof;
}

/// One spelling of a socket's path, so that two agents that name it differently meet.
std::string claim_of(const InstanceOptions& options) {
  const auto* local = std::get_if<base::UnixEndpoint>(&options.runtime_api);
  std::error_code ec;
  const auto canonical = local == nullptr ? std::filesystem::path()
                                          : std::filesystem::weakly_canonical(local->path, ec);
  std::string claim =
      canonical.empty() || ec ? base::to_string(options.runtime_api) : canonical.string();
  if (options.worker) claim += " @" + std::to_string(*options.worker);
  return claim;
}

/// Another writer is at work, or has left something: what it has done has to be read anew.
bool is_foreign(const std::error_code& code) {
  return code == Errc::other_transaction || code == Errc::misdirected ||
         code == Errc::foreign_transaction;
}

}  // namespace

Instance::Instance(InstanceOptions options, Parts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      proof_options_(to_proof_options(options_)),
      ledger_(options_.ledger_file),
      queue_(options_.renewal_pace),
      prover_(proof_options_, parts_.handshakes, parts_.clock, *this) {}

void Instance::touch(const std::string& path) {
  if (!compared_) return;  // the comparison will find it
  put(path);
  alarm_->cancel();
}

bool Instance::has_loaded(std::string_view path, const WantedCertificate& wanted) const {
  const auto found = actual_.find(path);
  return found != actual_.end() && found->second.in_list &&
         found->second.fingerprint == wanted.fingerprint;
}

bool Instance::has_proven(std::string_view path, CertificateId id) const {
  const auto found = proven_.find(path);
  return found != proven_.end() && found->second == id;
}

const WantedCertificate* Instance::wanted_at(std::string_view path) const {
  const auto found = parts_.wanted.find(path);
  if (found == parts_.wanted.end() || !takes(found->second)) return nullptr;
  return &found->second;
}

void Instance::put(const std::string& path) {
  const auto actual = actual_.find(path);
  const bool served = actual != actual_.end() && actual->second.in_list;
  if (wanted_at(path) == nullptr) {
    queue_.put(path, WorkKind::remove);
  } else {
    queue_.put(path, served ? WorkKind::renew : WorkKind::load);
  }
}

base::asio::awaitable<void> Instance::run() {
  alarm_.emplace(co_await base::asio::this_coro::executor);
  while (true) {
    Done done = co_await connect();
    if (done) done = co_await compare();
    while (done) done = co_await follow();
    co_await disconnect(done.error());
    const auto delay = back_off(done.error());
    co_await sleep(delay);
  }
}

base::asio::awaitable<Instance::Done> Instance::connect() {
  if (!sole_use_.claim(claim_of(options_))) {
    co_return haproxy::runtime_failure(
        Errc::connection_closed,
        "another acme-spoa on this machine changes certificates on this HAProxy; two would "
        "spoil each other's changes: stop one of them, or give each its own HAProxy");
  }
  const auto executor = co_await base::asio::this_coro::executor;
  haproxy::RuntimeSessionOptions options;
  options.tuning = tuning();
  options.worker = options_.worker;
  options.on_reply = [this](std::string_view kind, std::chrono::microseconds took) {
    parts_.listener.command_done(*this, kind, took);
  };
  auto opened =
      co_await haproxy::RuntimeSession::open(executor, options_.runtime_api, std::move(options));
  if (!opened) co_return base::Unexpected(opened.error());
  session_ = std::move(*opened);
  co_return Done();
}

base::asio::awaitable<void> Instance::disconnect(const RuntimeError& reason) {
  session_.reset();
  const bool was_connected = std::exchange(compared_, false);
  applying_ = 0;
  ahead_.reset();
  queue_.clear();
  prover_.clear();
  auto flush = [this] { return ledger_.flush(); };
  static_cast<void>(co_await base::run_on(parts_.pool, std::move(flush)));
  const bool was_jammed = std::exchange(jammed_, reason.code == Errc::locked);
  std::string why = reason_of(reason);
  if (jammed_) {
    why =
        "its certificate lock is jammed: no certificate can be changed until HAProxy is "
        "reloaded (" +
        why + ")";
  }
  if (why != trouble_) {  // an absent HAProxy is one line, not two a second
    trouble_ = why;
    parts_.log.warn("HAProxy not connected",
                    {{"instance", options_.name},
                     {"runtime", base::to_string(options_.runtime_api)},
                     {"error", why}});
    parts_.listener.command_failed(*this, reason);
    if (!jammed_) parts_.listener.incident(*this, InstanceIncident::lost, why);
  }
  if (jammed_ && !was_jammed) {
    parts_.log.error("certificate lock jammed, HAProxy has to be reloaded",
                     {{"instance", options_.name}, {"error", why}});
    parts_.listener.incident(*this, InstanceIncident::jammed, why);
  }
  if (was_connected) parts_.listener.sync_changed(*this);
  for (const auto& request : std::exchange(requests_, {})) {
    request->answer = base::Unexpected<std::string>(why);
    request->answered.cancel();
  }
  if (jammed_) co_await heal();
}

/// An absent HAProxy is looked for all the time, since it is to be in step soon after it listens;
/// one that is there and does not answer as it should gets longer and longer rests.
std::chrono::milliseconds Instance::back_off(const RuntimeError& reason) {
  if (jammed_)
    return std::min<std::chrono::milliseconds>(jammed_delay, 20 * options_.reconnect_delay);
  const bool answers_wrongly =
      reason.code == Errc::timeout || reason.code == Errc::unexpected_reply ||
      reason.code == Errc::protocol_error || reason.code == Errc::permission_denied ||
      reason.code == Errc::list_not_found || reason.code == Errc::version_too_old ||
      is_foreign(reason.code);
  if (!answers_wrongly) {
    failures_ = 0;
    return options_.reconnect_delay;
  }
  const int doublings = std::min(failures_++, 6);
  return std::min<std::chrono::milliseconds>(options_.reconnect_delay * (1 << doublings),
                                             longest_back_off);
}

base::asio::awaitable<void> Instance::heal() {
  if (options_.when_jammed != WhenJammed::reload || !options_.master) co_return;
  const Time now = parts_.clock.monotonic();
  if (reloaded_ && now < *reloaded_ + between_reloads) co_return;
  reloaded_ = now;
  const auto executor = co_await base::asio::this_coro::executor;
  const auto done = co_await haproxy::reload(executor, *options_.master, reload_timeout);
  const std::string outcome = done ? "reloaded" : done.error().message();
  parts_.log.warn("HAProxy reloaded because its certificate lock is jammed",
                  {{"instance", options_.name}, {"outcome", outcome}});
  parts_.listener.incident(*this, InstanceIncident::reloaded, outcome);
}

/// All that is wanted against all that the process has; what differs goes into the queue.
base::asio::awaitable<Instance::Done> Instance::compare() {
  actual_.clear();
  proven_.clear();
  prover_.clear();
  refused_.clear();
  queue_.clear();
  applying_ = 0;
  ahead_.reset();
  haproxy::CertificateListing loaded = session_->take_certificates();
  const Done listed = co_await take_listing(std::move(loaded));
  if (!listed) co_return listed;
  const haproxy::ProcessInfo& process = session_->process();
  const ProcessIdentity identity{process.pid, process.started.value_or(std::chrono::sys_seconds())};
  auto open = [this, identity] { return ledger_.open(identity); };
  const Ledger::Entries given = co_await base::run_on(parts_.pool, std::move(open));
  believe(given);
  const Done inspected = co_await inspect_unknown();
  if (!inspected) co_return inspected;
  const std::size_t changes = queue_differences();
  for (const auto& [path, wanted] : parts_.wanted) {
    if (takes(wanted)) note_loaded(path, wanted);
  }
  compared_ = true;
  failures_ = 0;
  next_look_ = parts_.clock.monotonic() + options_.reconcile_interval;
  next_check_ = parts_.clock.monotonic() + options_.check_interval;
  compared_at_ = parts_.clock.wall();
  trouble_.clear();
  const std::string version = haproxy::to_string(process.version);
  parts_.log.info("HAProxy connected",
                  {{"instance", options_.name},
                   {"version", version},
                   {"pid", process.pid},
                   {"loaded", actual_.size()},
                   {"to_change", changes}});
  parts_.listener.incident(*this,
                           InstanceIncident::connected,
                           "version=" + version + " pid=" + std::to_string(process.pid) +
                               " loaded=" + std::to_string(actual_.size()) +
                               " to_change=" + std::to_string(changes));
  parts_.listener.sync_changed(*this);
  co_return Done();
}

/// The names that are loaded and those in our list; fingerprints that are known stay known.
base::asio::awaitable<Instance::Done> Instance::take_listing(haproxy::CertificateListing loaded) {
  haproxy::Command show = haproxy::ShowCrtList{parts_.crt_list};
  const auto listed = co_await session_->run(std::move(show));
  if (!listed) co_return base::Unexpected(listed.error());
  haproxy::ActualCertificates actual;
  for (std::string& name : loaded.names) {
    if (!name.starts_with(parts_.own_folder)) continue;
    const auto known = actual_.find(name);
    auto& entry = actual[std::move(name)];
    if (known != actual_.end()) entry.fingerprint = known->second.fingerprint;
  }
  for (const auto& entry : std::get<haproxy::CrtListListing>(*listed).entries) {
    const auto found = actual.find(entry.entry.path);
    if (found != actual.end()) found->second.in_list = true;
  }
  actual_ = std::move(actual);
  co_return Done();
}

haproxy::Tuning Instance::tuning() const {
  haproxy::Tuning tuning;
  tuning.bufsize = options_.bufsize;
  return tuning;
}

std::string Instance::refusal(haproxy::SetCertificate command) const {
  if (!compared_) return {};
  const auto checked =
      haproxy::check(haproxy::Command(std::move(command)), session_->process().version, tuning());
  return checked ? std::string() : reason_of(checked.error());
}

/// What needs no question: what we gave it since it started, and what it has read from files that
/// were there before.
void Instance::believe(const Ledger::Entries& given) {
  const auto started = session_->process().started;
  for (auto& [path, actual] : actual_) {
    const auto entry = given.find(path);
    if (entry != given.end()) {
      actual.fingerprint = entry->second;
      continue;
    }
    const WantedCertificate* const wanted = wanted_at(path);
    if (started && wanted != nullptr && wanted->written < *started) {
      actual.fingerprint = wanted->fingerprint;
    }
  }
}

base::asio::awaitable<Instance::Done> Instance::inspect_unknown() {
  for (const haproxy::DiffStep& step : differences()) {
    if (step.action != haproxy::Action::inspect) continue;
    const Done inspected = co_await inspect(step.path);
    if (!inspected) co_return inspected;
  }
  co_return Done();
}

base::asio::awaitable<Instance::Done> Instance::inspect(std::string path) {
  const auto name = haproxy::CertificateName::parse(path);
  if (!name) co_return Done();  // below our folder, and not made by us
  haproxy::Command show = haproxy::ShowCertificate{*name};
  const auto shown = co_await session_->run(std::move(show));
  if (!shown && shown.error().code == Errc::not_found) {
    actual_.erase(path);
    co_return Done();
  }
  if (!shown) co_return base::Unexpected(shown.error());
  const auto& details = std::get<haproxy::CertificateDetails>(*shown);
  const haproxy::Fingerprint fingerprint(details.sha1_fingerprint);
  const auto actual = actual_.find(path);
  if (actual == actual_.end() || actual->second.fingerprint == fingerprint) co_return Done();
  actual->second.fingerprint = fingerprint;
  ledger_.note(path, fingerprint);
  co_return Done();
}

/// The next ones in turn, whatever we believe of them: a wrong belief does not last.
base::asio::awaitable<Instance::Done> Instance::inspect_some(std::size_t count) {
  std::vector<std::string> paths;
  auto next = actual_.upper_bound(looked_at_last_);
  for (std::size_t i = 0; i < std::min(count, actual_.size()); ++i) {
    if (next == actual_.end()) next = actual_.begin();
    paths.push_back(next->first);
    ++next;
  }
  if (!paths.empty()) looked_at_last_ = paths.back();
  for (const std::string& path : paths) {
    const Done inspected = co_await inspect(path);
    if (!inspected) co_return inspected;
  }
  co_return Done();
}

std::vector<haproxy::DiffStep> Instance::differences() const {
  haproxy::DesiredCertificates desired;
  for (const auto& [path, wanted] : parts_.wanted) {
    if (takes(wanted)) desired.emplace_hint(desired.end(), path, wanted.fingerprint);
  }
  return haproxy::plan_steps(desired, actual_, parts_.own_folder);
}

std::size_t Instance::queue_differences() {
  std::size_t changes = 0;
  for (const haproxy::DiffStep& step : differences()) {
    ++changes;
    if (!refused_.contains(step.path)) put(step.path);
  }
  return changes;
}

/// If the process has what is wanted, the handshake is next, or not needed any more.
void Instance::note_loaded(const std::string& path, const WantedCertificate& wanted) {
  if (!has_loaded(path, wanted)) return;
  parts_.listener.certificate_loaded(*this, path);
  if (wanted.served) {
    proven(path, wanted.id);
  } else {
    prover_.add(path);
  }
}

void Instance::proven(const std::string& path, CertificateId id) {
  proven_.insert_or_assign(path, id);
  parts_.listener.certificate_proven(*this, path);
}

void Instance::not_proven(const std::string& path,
                          const WantedCertificate& wanted,
                          const std::string& failure) {
  if (failure == std::exchange(last_failure_, failure)) return;  // the same of many is one line
  parts_.log.warn("certificate loaded but not served",
                  {{"instance", options_.name},
                   {"name", wanted.probe_name.text()},
                   {"certificate", path},
                   {"error", failure}});
}

base::asio::awaitable<void> Instance::sleep(std::chrono::milliseconds time) {
  boost::system::error_code ignored;  // cancelled by touch() and sync()
  alarm_->expires_after(time);
  co_await alarm_->async_wait(base::into(ignored));
}

}  // namespace agent
