#include "agent/deployer/instance.h"

#include <utility>

#include "agent/deployer/tls_probe.h"
#include "agent/fault/fault_point.h"
#include "base/run_on.h"
#include "haproxy/asio/files.h"

namespace agent {
namespace {

using haproxy::RuntimeError;

constexpr std::chrono::seconds probe_timeout{5};
constexpr std::size_t max_bundle = std::size_t{1} << 20;  // as PemBundle::parse()

RuntimeError error(haproxy::Errc code, std::string detail) {
  return {make_error_code(code), std::move(detail)};
}

base::Result<haproxy::PemBundle, RuntimeError> load_bundle(const std::string& path) {
  const auto text = haproxy::read_file(path, max_bundle);
  if (!text) return base::Unexpected(error(haproxy::Errc::bad_pem, text.error().message()));
  auto bundle = haproxy::PemBundle::parse(*text);
  if (bundle) return std::move(*bundle);
  return base::Unexpected(error(haproxy::Errc::bad_pem, path + ": " + bundle.error().detail));
}

}  // namespace

Instance::Instance(InstanceOptions options,
                   const WantedCertificates& wanted,
                   haproxy::CrtListName crt_list,
                   std::string own_folder,
                   base::asio::thread_pool& pool,
                   base::Log& log,
                   InstanceListener& listener)
    : options_(std::move(options)),
      wanted_(wanted),
      crt_list_(std::move(crt_list)),
      own_folder_(std::move(own_folder)),
      pool_(pool),
      log_(log),
      listener_(listener) {}

void Instance::touch(const std::string& path) {
  dirty_.insert(path);
  if (alarm_) alarm_->cancel();
}

bool Instance::has_proven(std::string_view path, CertificateId id) const {
  const auto found = proven_.find(path);
  return found != proven_.end() && found->second == id;
}

base::asio::awaitable<void> Instance::run() {
  alarm_.emplace(co_await base::asio::this_coro::executor);
  while (true) {
    Done done = co_await connect();
    if (done) done = co_await compare();
    while (done) done = co_await follow();
    disconnect(done.error());
    co_await sleep(options_.reconnect_delay);
  }
}

base::asio::awaitable<Instance::Done> Instance::connect() {
  const auto executor = co_await base::asio::this_coro::executor;
  haproxy::RuntimeSessionOptions options;
  auto opened =
      co_await haproxy::RuntimeSession::open(executor, options_.runtime_api, std::move(options));
  if (!opened) co_return base::Unexpected(opened.error());
  session_ = std::move(*opened);
  co_return Done();
}

void Instance::disconnect(const RuntimeError& reason) {
  session_.reset();
  const bool was_connected = std::exchange(compared_, false);
  const std::string why = reason.detail.empty() ? reason.code.message() : reason.detail;
  if (why != trouble_) {  // an absent HAProxy is one line, not two a second
    trouble_ = why;
    log_.warn("HAProxy not connected",
              {{"instance", options_.name},
               {"runtime", base::to_string(options_.runtime_api)},
               {"error", why}});
    listener_.command_failed(*this, reason);
  }
  if (was_connected) listener_.sync_changed(*this);
}

/// All that is wanted against all that the process has; what differs becomes dirty.
base::asio::awaitable<Instance::Done> Instance::compare() {
  actual_.clear();
  proven_.clear();
  unproven_.clear();
  refused_.clear();
  dirty_.clear();
  applying_ = false;
  haproxy::CertificateListing loaded = session_->take_certificates();
  for (std::string& name : loaded.names) {
    if (name.starts_with(own_folder_)) actual_[std::move(name)];
  }
  haproxy::Command show = haproxy::ShowCrtList{crt_list_};
  const auto listed = co_await session_->run(std::move(show));
  if (!listed) co_return base::Unexpected(listed.error());
  for (const auto& entry : std::get<haproxy::CrtListListing>(*listed).entries) {
    const auto found = actual_.find(entry.entry.path);
    if (found != actual_.end()) found->second.in_list = true;
  }
  for (const haproxy::DiffStep& step : differences()) {
    if (step.action != haproxy::Action::inspect) continue;
    const Done inspected = co_await inspect(step.path);
    if (!inspected) co_return inspected;
  }
  std::size_t changes = 0;
  for (const haproxy::DiffStep& step : differences()) {
    dirty_.insert(step.path);
    ++changes;
  }
  for (const auto& [path, wanted] : wanted_) note_loaded(path, wanted);
  compared_ = true;
  log_.info("HAProxy connected",
            {{"instance", options_.name},
             {"version", haproxy::to_string(session_->process().version)},
             {"pid", session_->process().pid},
             {"wanted", wanted_.size()},
             {"to_change", changes}});
  trouble_.clear();
  listener_.sync_changed(*this);
  co_return Done();
}

std::vector<haproxy::DiffStep> Instance::differences() const {
  haproxy::DesiredCertificates desired;
  for (const auto& [path, wanted] : wanted_) desired.emplace(path, wanted.fingerprint);
  return haproxy::plan_steps(desired, actual_, own_folder_);
}

base::asio::awaitable<Instance::Done> Instance::inspect(std::string path) {
  haproxy::Command show = haproxy::ShowCertificate{*haproxy::CertificateName::parse(path)};
  const auto shown = co_await session_->run(std::move(show));
  if (!shown && shown.error().code == haproxy::Errc::not_found) {
    actual_.erase(path);
    co_return Done();
  }
  if (!shown) co_return base::Unexpected(shown.error());
  const auto& details = std::get<haproxy::CertificateDetails>(*shown);
  actual_[path].fingerprint = haproxy::Fingerprint(details.sha1_fingerprint);
  co_return Done();
}

/// If the process has what is wanted, the handshake is next, or not needed any more.
void Instance::note_loaded(const std::string& path, const WantedCertificate& wanted) {
  const auto found = actual_.find(path);
  if (found == actual_.end() || !found->second.in_list) return;
  if (found->second.fingerprint != wanted.fingerprint) return;
  if (wanted.served) {
    proven_.insert_or_assign(path, wanted.id);
    listener_.certificate_proven(*this, path);
  } else {
    unproven_[path].clear();
  }
}

/// One round: what is dirty, what is to be proven, and whether it is still the same process.
base::asio::awaitable<Instance::Done> Instance::follow() {
  const auto now = std::chrono::steady_clock::now();
  const bool was_in_sync = is_in_sync();
  if (!refused_.empty() && now >= refused_until_) {
    for (const auto& [path, reason] : refused_) dirty_.insert(path);
    refused_.clear();
  }
  while (!dirty_.empty()) {
    const std::string path = std::move(dirty_.extract(dirty_.begin()).value());
    applying_ = true;
    const Done done = co_await apply(path);
    applying_ = false;
    if (done) {
      refused_.erase(path);
      continue;
    }
    if (!session_->is_open()) co_return done;
    refuse(path, done.error());
  }
  if (is_in_sync() != was_in_sync) listener_.sync_changed(*this);
  const Backlog backlog = co_await prove_some();
  if (dirty_.empty() && backlog == Backlog::none) co_await sleep(options_.check_interval);
  co_return co_await check_process();
}

void Instance::refuse(const std::string& path, const RuntimeError& reason) {
  if (refused_.empty()) refused_until_ = std::chrono::steady_clock::now() + options_.refused_delay;
  refused_.insert_or_assign(path, reason.detail);
  log_.error("HAProxy refused a change",
             {{"instance", options_.name},
              {"certificate", path},
              {"code", reason.code.message()},
              {"error", reason.detail}});
  listener_.command_failed(*this, reason);
}

std::string Instance::trouble() const {
  if (!trouble_.empty()) return trouble_;
  if (!refused_.empty()) return refused_.begin()->first + ": " + refused_.begin()->second;
  for (const auto& [path, failure] : unproven_) {
    if (!failure.empty()) return path + ": " + failure;
  }
  return {};
}

base::asio::awaitable<Instance::Done> Instance::apply(std::string path) {
  const auto wanted = wanted_.find(path);
  const auto actual = actual_.find(path);
  const haproxy::CertificateName name = *haproxy::CertificateName::parse(path);
  if (wanted == wanted_.end()) {
    if (actual == actual_.end()) co_return Done();
    haproxy::RemoveCertificate remove(crt_list_, name);
    const Done removed = co_await session_->run(remove);
    if (removed) actual_.erase(path);
    proven_.erase(path);
    co_return removed;
  }
  const haproxy::Fingerprint fingerprint = wanted->second.fingerprint;
  const bool listed = actual != actual_.end() && actual->second.in_list;
  if (!listed || actual->second.fingerprint != fingerprint) {
    const Done loaded = co_await load(path, name, listed);
    if (!loaded) co_return loaded;
    actual_[path] = {fingerprint, true};
    fault_point("deploy: loaded");
  }
  const auto still = wanted_.find(path);  // it may have changed meanwhile: then it is dirty again
  if (still != wanted_.end()) note_loaded(path, still->second);
  co_return Done();
}

base::asio::awaitable<Instance::Done> Instance::load(std::string path,
                                                     haproxy::CertificateName name,
                                                     bool listed) {
  auto read = [&path] { return load_bundle(path); };
  const auto bundle = co_await base::run_on(pool_, std::move(read));
  if (!bundle) co_return base::Unexpected(bundle.error());
  if (listed) {
    haproxy::RenewCertificate renew(name, *bundle);
    const Done renewed = co_await session_->run(renew);
    if (renewed || renewed.error().code != haproxy::Errc::not_found) co_return renewed;
  }
  haproxy::AddCertificate add(crt_list_, haproxy::CrtListLine(name), *bundle);
  co_return co_await session_->run(add);
}

base::asio::awaitable<Instance::Done> Instance::check_process() {
  haproxy::Command show = haproxy::ShowInfo{};
  const auto shown = co_await session_->run(std::move(show));
  if (!shown) co_return base::Unexpected(shown.error());
  const auto& process = std::get<haproxy::ProcessInfo>(*shown);
  if (process.stopping) {
    co_return base::Unexpected(
        error(haproxy::Errc::process_stopping, "the process is being retired"));
  }
  co_return Done();
}

/// Handshakes for what was loaded, one each, for about a check interval; the next round goes on
/// behind the last one, so that a certificate that is not served keeps no other from its turn.
base::asio::awaitable<Instance::Backlog> Instance::prove_some() {
  const auto until = std::chrono::steady_clock::now() + options_.check_interval;
  bool all_served = true;
  for (std::size_t left = unproven_.size(); left > 0 && !unproven_.empty(); --left) {
    if (std::chrono::steady_clock::now() >= until) {
      co_return all_served ? Backlog::some : Backlog::none;
    }
    auto next = unproven_.upper_bound(proved_last_);
    if (next == unproven_.end()) next = unproven_.begin();
    proved_last_ = next->first;
    const bool served = co_await prove(proved_last_);
    all_served = all_served && served;
  }
  co_return Backlog::none;
}

/// False if it is to be tried again.
base::asio::awaitable<bool> Instance::prove(std::string path) {
  const auto found = wanted_.find(path);
  if (found == wanted_.end()) {
    unproven_.erase(path);
    co_return true;
  }
  const WantedCertificate wanted = found->second;  // the entry may go during the handshake
  const std::string failure = co_await probe(wanted);
  if (failure.empty()) {
    unproven_.erase(path);
    proven_.insert_or_assign(path, wanted.id);
    listener_.certificate_proven(*this, path);
    co_return true;
  }
  std::string& known = unproven_[path];
  if (failure != known && failure != last_failure_) {  // the same every second is one line
    log_.warn("certificate loaded but not served",
              {{"instance", options_.name},
               {"name", wanted.probe_name.text()},
               {"certificate", path},
               {"error", failure}});
  }
  known = last_failure_ = failure;
  co_return false;
}

/// Empty if every bind of the instance shows the certificate, else what is wrong.
base::asio::awaitable<std::string> Instance::probe(WantedCertificate wanted) {
  for (const base::Endpoint& bind : options_.verify) {
    auto shake_hands = [&bind, &wanted] {
      return probe_tls(bind, wanted.probe_name, probe_timeout);
    };
    const auto served = co_await base::run_on(pool_, std::move(shake_hands));
    const std::string where = base::to_string(bind) + ": ";
    if (!served) co_return where + served.error();
    if (served->fingerprint != wanted.fingerprint.value()) {
      co_return where + "another certificate is served, serial " + served->serial;
    }
  }
  co_return std::string();
}

base::asio::awaitable<void> Instance::sleep(std::chrono::milliseconds time) {
  boost::system::error_code ignored;  // cancelled by touch()
  alarm_->expires_after(time);
  co_await alarm_->async_wait(base::into(ignored));
}

}  // namespace agent
