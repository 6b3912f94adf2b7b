#include "haproxy/runtime_sequence.h"

#include <algorithm>
#include <utility>

namespace haproxy {
namespace {

using std::chrono::milliseconds;

// 20 to 100 ms is what a listing or a commit takes; ten seconds mean that the lock is broken.
constexpr milliseconds first_lock_wait{20};
constexpr int lock_doublings = 4;
constexpr int lock_attempts = 35;

constexpr int transaction_looks = 3;
constexpr milliseconds transaction_wait{400};

constexpr Version oldest_version{2, 4, 0};

bool is(const CommandOutcome& outcome, Errc code) {
  return !outcome && outcome.error().code == code;
}

}  // namespace

Step Sequence::resume(const Event& event) {
  if (std::holds_alternative<Started>(event)) return remember(start());
  if (std::holds_alternative<Elapsed>(event)) {
    if (!std::exchange(waits_for_lock_, false)) return remember(on_elapsed());
    return *last_;
  }
  const auto& outcome = std::get<CommandOutcome>(event);
  if (!outcome && ends_session(outcome.error().code)) return Failed{outcome.error()};
  if (is(outcome, Errc::locked)) return retry_locked(outcome.error());
  locked_ = 0;
  return remember(on_outcome(outcome));
}

// Without a clean-up: it would need the same lock.
Step Sequence::retry_locked(const RuntimeError& error) {
  if (++locked_ > lock_attempts) return Failed{error};
  waits_for_lock_ = true;
  return Wait{first_lock_wait * (1 << std::min(locked_ - 1, lock_doublings))};
}

Step Sequence::remember(Step step) {
  if (const auto* command = std::get_if<Command>(&step)) last_ = *command;
  return step;
}

Step Sequence::on_elapsed() {
  return Failed{{Errc::protocol_error, "no wait was asked for"}};
}

// SessionStart

Step SessionStart::start() {
  return Command(Prompt{});
}

Step SessionStart::on_elapsed() {
  return Command(ShowCertificates{});
}

Step SessionStart::on_outcome(const CommandOutcome& outcome) {
  if (aborting_) {  // whatever the reply: the transaction may have ended by itself
    aborting_ = false;
    return Command(ShowCertificates{});
  }
  if (!outcome) return Failed{outcome.error()};
  if (std::holds_alternative<Changed>(*outcome)) {
    if (worker_ && !std::exchange(selected_, true)) return Command(SelectWorker{*worker_});
    return Command(ShowInfo{});
  }
  if (const auto* info = std::get_if<ProcessInfo>(&*outcome)) return on_info(*info);
  return on_listing(std::get<CertificateListing>(*outcome));
}

Step SessionStart::on_info(const ProcessInfo& info) {
  process_ = info;
  if (info.version < oldest_version) {
    return Failed{{Errc::version_too_old,
                   "HAProxy " + to_string(info.version) + "; the runtime API is used from " +
                       to_string(oldest_version) + " on"}};
  }
  if (info.stopping) return Failed{{Errc::process_stopping, "pid " + std::to_string(info.pid)}};
  return Command(ShowCertificates{});
}

Step SessionStart::on_listing(const CertificateListing& listing) {
  if (listing.transaction != certificates_.transaction) looks_ = 0;
  certificates_ = listing;
  if (!listing.transaction) return Succeeded{};
  if (++looks_ < transaction_looks) return Wait{transaction_wait};
  auto name = CertificateName::parse(*listing.transaction);
  if (!name) return Failed{{Errc::foreign_transaction, *listing.transaction}};
  if (looks_ > transaction_looks)
    return Failed{{Errc::other_transaction, "of " + *listing.transaction}};
  aborting_ = true;
  return Command(AbortCertificate{std::move(*name)});
}

// AddCertificate

AddCertificate::AddCertificate(CrtListName list, CrtListLine line, PemBundle pem)
    : list_(std::move(list)), line_(std::move(line)), pem_(std::move(pem)) {}

Step AddCertificate::send(State state, Command command) {
  state_ = state;
  return command;
}

Step AddCertificate::start() {
  return send(State::creating, NewCertificate{line_.name()});
}

Step AddCertificate::on_outcome(const CommandOutcome& outcome) {
  switch (state_) {
    case State::creating: return on_created(outcome);
    case State::setting: return on_set(outcome);
    case State::committing: return on_committed(outcome);
    case State::looking: return on_details(outcome);
    case State::listing: return on_listing(outcome);
    case State::adding: return on_added(outcome);
    case State::aborting: return delete_if_new();
    case State::deleting: return Failed{failure_};
  }
  return Failed{failure_};
}

Step AddCertificate::on_created(const CommandOutcome& outcome) {
  existed_ = is(outcome, Errc::already_exists);
  if (!outcome && !existed_) return Failed{outcome.error()};
  return send(State::setting, SetCertificate{line_.name(), pem_});
}

Step AddCertificate::on_set(const CommandOutcome& outcome) {
  if (!outcome) return clean_up(outcome.error());
  return send(State::committing, CommitCertificate{line_.name()});
}

Step AddCertificate::on_committed(const CommandOutcome& outcome) {
  if (!outcome) return clean_up(outcome.error());
  if (existed_) return send(State::looking, ShowCertificate{line_.name()});
  return send(State::adding, AddToCrtList{list_, line_});
}

// An unused certificate is in no list; of a used one only the listing tells which list has it.
Step AddCertificate::on_details(const CommandOutcome& outcome) {
  if (!outcome) return Failed{outcome.error()};
  if (std::get<CertificateDetails>(*outcome).status == CertificateStatus::used)
    return send(State::listing, ShowCrtList{list_});
  return send(State::adding, AddToCrtList{list_, line_});
}

Step AddCertificate::on_listing(const CommandOutcome& outcome) {
  if (!outcome) return Failed{outcome.error()};
  const auto& entries = std::get<CrtListListing>(*outcome).entries;
  const bool listed = std::any_of(entries.begin(), entries.end(), [&](const ListedEntry& line) {
    return line.entry.path == line_.name().text();
  });
  if (listed) return Succeeded{};
  return send(State::adding, AddToCrtList{list_, line_});
}

Step AddCertificate::on_added(const CommandOutcome& outcome) {
  if (outcome || is(outcome, Errc::already_in_directory)) return Succeeded{};
  failure_ = outcome.error();
  return delete_if_new();
}

/// If the payload landed in another's transaction, that one is spoilt and must not be committed.
Step AddCertificate::clean_up(const RuntimeError& error) {
  failure_ = error;
  const bool misdirected = error.code == Errc::misdirected;
  auto spoilt = misdirected ? CertificateName::parse(error.detail) : line_.name();
  if (!spoilt) return delete_if_new();
  return send(State::aborting, AbortCertificate{std::move(*spoilt)});
}

Step AddCertificate::delete_if_new() {
  if (existed_) return Failed{failure_};
  return send(State::deleting, DeleteCertificate{line_.name()});
}

// RenewCertificate

RenewCertificate::RenewCertificate(CertificateName name, PemBundle pem)
    : name_(std::move(name)), pem_(std::move(pem)) {}

Step RenewCertificate::start() {
  state_ = State::setting;
  return Command(SetCertificate{name_, pem_});
}

Step RenewCertificate::on_outcome(const CommandOutcome& outcome) {
  if (state_ == State::aborting) return Failed{failure_};
  if (!outcome) return clean_up(outcome.error());
  if (state_ == State::committing) return Succeeded{};
  state_ = State::committing;
  return Command(CommitCertificate{name_});
}

Step RenewCertificate::clean_up(const RuntimeError& error) {
  failure_ = error;
  const bool misdirected = error.code == Errc::misdirected;
  auto spoilt = misdirected ? CertificateName::parse(error.detail) : name_;
  if (!spoilt) return Failed{failure_};
  state_ = State::aborting;
  return Command(AbortCertificate{std::move(*spoilt)});
}

// RemoveCertificate

RemoveCertificate::RemoveCertificate(CrtListName list, CertificateName name)
    : list_(std::move(list)), name_(std::move(name)) {}

Step RemoveCertificate::send(State state, Command command) {
  state_ = state;
  return command;
}

Step RemoveCertificate::start() {
  return send(State::delisting, DeleteFromCrtList{list_, name_, std::nullopt});
}

Step RemoveCertificate::on_outcome(const CommandOutcome& outcome) {
  switch (state_) {
    case State::delisting: return on_delisted(outcome);
    case State::deleting: return on_deleted(outcome);
    case State::aborting: return send(State::deleting, DeleteCertificate{name_});
  }
  return Succeeded{};
}

Step RemoveCertificate::on_delisted(const CommandOutcome& outcome) {
  if (is(outcome, Errc::several_entries) && lines_.empty()) {
    lines_ = parse_entry_lines(outcome.error().detail);
    if (lines_.empty()) return Failed{outcome.error()};
    return delist_next();
  }
  if (is(outcome, Errc::not_found)) return Succeeded{};  // not loaded, so in no list
  if (!outcome && !is(outcome, Errc::not_in_list)) return Failed{outcome.error()};
  if (!lines_.empty()) return delist_next();
  return send(State::deleting, DeleteCertificate{name_});
}

Step RemoveCertificate::delist_next() {
  const unsigned line = lines_.back();
  lines_.pop_back();
  return send(State::delisting, DeleteFromCrtList{list_, name_, line});
}

Step RemoveCertificate::on_deleted(const CommandOutcome& outcome) {
  if (outcome || is(outcome, Errc::not_found)) return Succeeded{};
  if (!is(outcome, Errc::transaction_open) || aborted_) return Failed{outcome.error()};
  aborted_ = true;
  return send(State::aborting, AbortCertificate{name_});
}

}  // namespace haproxy
