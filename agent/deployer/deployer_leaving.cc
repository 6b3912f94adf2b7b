#include <utility>

#include "agent/deployer/deployer.h"
#include "base/run_on.h"

// The part of Deployer that takes certificates away.

namespace agent {

/// What a process has must not be taken off it before it has what takes its place.
base::asio::awaitable<Deployer::Done> Deployer::load_leaving() {
  CertificateId after{0};
  while (true) {
    auto read = [after](Store& store) { return find_leaving(store, after); };
    const auto page = co_await parts_.database.run(std::move(read));
    if (!page) co_return to_sentence(page.error());
    for (const Leaving& leaving : *page) {
      Certificate certificate = leaving.certificate;
      const std::string& path = certificate.bundle_path;
      const bool is_free = !issued_.contains(path) && !wanted_.contains(directory_.path_of(path));
      if (leaving.successors.empty() || !is_free) continue;
      certificate.state = CertificateState::served;  // as it was
      want(certificate, std::chrono::sys_seconds::max());
    }
    if (page->size() < page_size) co_return Done();
    after = page->back().certificate.id;
  }
}

StoreResult<std::vector<Deployer::Leaving>> Deployer::find_leaving(Store& store,
                                                                   CertificateId after) {
  auto retired = store.certificates(CertificateSelection::retired, after, page_size);
  if (!retired) return base::Unexpected(retired.error());
  std::vector<Leaving> page;
  page.reserve(retired->size());
  for (Certificate& certificate : *retired) {
    Leaving leaving{std::move(certificate), {}};
    for (const base::DomainName& name : leaving.certificate.names) {
      const auto detail = store.hostname(name);
      if (!detail) return base::Unexpected(detail.error());
      if (!*detail || !(*detail)->certificate) continue;
      const Certificate& successor = *(*detail)->certificate;
      if (successor.state == CertificateState::issued)
        leaving.successors.push_back(successor.bundle_path);
    }
    page.push_back(std::move(leaving));
  }
  return page;
}

base::asio::awaitable<Deployer::Done> Deployer::remove_retired() {
  if (!may_have_retired_) co_return Done();
  may_have_retired_ = false;
  held_for_.clear();
  CertificateId after{0};
  while (true) {
    auto read = [after](Store& store) { return find_leaving(store, after); };
    const auto page = co_await parts_.database.run(std::move(read));
    Done removed = page ? Done() : to_sentence(page.error());
    if (page) removed = co_await remove(*page);
    if (!removed) {
      may_have_retired_ = true;
      co_return removed;
    }
    if (page->size() < page_size) co_return Done();
    after = page->back().certificate.id;
  }
}

base::asio::awaitable<Deployer::Done> Deployer::remove(const std::vector<Leaving>& leaving) {
  std::vector<std::string> paths;
  std::vector<CertificateId> ids;
  for (const Leaving& each : leaving) {
    if (holds(each)) continue;
    ids.push_back(each.certificate.id);
    if (let_go(each.certificate)) paths.push_back(each.certificate.bundle_path);
  }
  if (ids.empty()) co_return Done();
  co_return co_await remove_files(paths, ids);
}

/// Whether it has to stay, until what is then in held_for_ is loaded.
bool Deployer::holds(const Leaving& leaving) {
  bool is_held = false;
  for (const std::string& successor : leaving.successors) {
    const std::string path = directory_.path_of(successor);
    if (!is_awaited(path)) continue;
    held_for_.insert(path);
    is_held = true;
  }
  return is_held;
}

/// Whether a process may still lack what the hostname is to have: one that is connected does, or
/// none is, or its file is not written.
bool Deployer::is_awaited(const std::string& path) const {
  const auto wanted = wanted_.find(path);
  if (wanted == wanted_.end()) return true;
  if (!pending_.contains(path)) return false;
  bool is_taken = false;
  bool is_loaded = false;
  for (const auto& instance : instances_) {
    if (!instance->takes(wanted->second)) continue;
    is_taken = true;
    if (!instance->is_connected()) continue;
    if (!instance->has_loaded(path, wanted->second)) return true;
    is_loaded = true;
  }
  return is_taken && !is_loaded;
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

base::asio::awaitable<Deployer::Done> Deployer::remove_files(
    const std::vector<std::string>& paths, const std::vector<CertificateId>& ids) {
  auto remove = [this, &paths] {
    Done listed;
    for (List& list : lists_) listed = listed ? list.file.change({}, paths) : listed;
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
