#include "agent/cli/wait.h"

#include <algorithm>
#include <utility>

#include "agent/cli/json_fields.h"

namespace agent {
namespace {

using nlohmann::ordered_json;
using Verdict = Progress::Verdict;

constexpr std::chrono::milliseconds poll_interval{100};

std::string served_text(const ordered_json& certificate) {
  return "served: serial " + text_field(certificate, "serial") + ", valid until " +
         text_field(certificate, "not_after");
}

/// All that is known of the targets while they are waited for.
class Wait {
 public:
  Wait(ApiClient& api, const std::vector<WaitTarget>& targets)
      : api_(api), targets_(targets), hostnames_(targets.size()) {
    for (const WaitTarget& target : targets) progress_.push_back({target.name});
  }

  void ask_again() {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      if (progress_[i].verdict == Verdict::waiting) ask(i);
    }
  }
  bool is_over() const {
    return std::none_of(progress_.begin(), progress_.end(), [](const Progress& p) {
      return p.verdict == Verdict::waiting;
    });
  }
  void give_up() {
    for (Progress& progress : progress_) {
      if (progress.verdict != Verdict::waiting) continue;
      progress.verdict = Verdict::failed;
      progress.text = "not served in time: " + progress.text;
    }
  }
  const std::vector<Progress>& progress() const { return progress_; }
  WaitResult result() && {
    const bool all = std::all_of(progress_.begin(), progress_.end(), [](const Progress& p) {
      return p.verdict == Verdict::served;
    });
    return {all ? ExitStatus::ok : ExitStatus::failed, std::move(hostnames_)};
  }

 private:
  void ask(std::size_t i) {
    const std::string& name = targets_[i].name;
    auto hostname = api_.get("/v1/hostnames/" + ApiClient::percent_encode(name));
    if (hostname) {
      progress_[i] = judge(targets_[i], *hostname);
      hostnames_[i] = *std::move(hostname);
    } else if (hostname.error().status == ExitStatus::wrong_input) {
      progress_[i] = {name, Verdict::failed, hostname.error().message};
    } else {
      progress_[i].text = hostname.error().message;
    }
  }

  ApiClient& api_;
  const std::vector<WaitTarget>& targets_;
  std::vector<Progress> progress_;
  std::vector<ordered_json> hostnames_;
};

}  // namespace

Progress judge(const WaitTarget& target, const ordered_json& hostname) {
  const ordered_json& certificate = field(hostname, "certificate");
  const std::string serial = text_field(certificate, "serial");
  const bool counts = !serial.empty() && serial != target.old_serial;
  if (counts && text_field(certificate, "state") == "served") {
    return {target.name, Verdict::served, served_text(certificate)};
  }
  if (text_field(hostname, "mode") == "off") {
    return {target.name, Verdict::failed, "failed: its mode is off, so it gets no certificate"};
  }
  if (number_field(hostname, "failures") > target.failures) {
    return {target.name,
            Verdict::failed,
            "failed: " + text_field(hostname, "last_error") + "; next attempt at " +
                text_field(hostname, "next_attempt")};
  }
  return {target.name, Verdict::waiting, text_field(hostname, "stage")};
}

WaitResult wait_until_served(ApiClient& api,
                             const std::vector<WaitTarget>& targets,
                             std::chrono::milliseconds timeout,
                             const CliEnvironment& environment,
                             ProgressView& view) {
  Wait wait(api, targets);
  const base::MonotonicTime deadline = environment.clock.monotonic() + timeout;
  while (true) {
    wait.ask_again();
    if (wait.is_over()) break;
    if (environment.clock.monotonic() >= deadline) {
      wait.give_up();
      break;
    }
    view.show(wait.progress());
    environment.sleep(poll_interval);
  }
  view.show(wait.progress());
  return std::move(wait).result();
}

}  // namespace agent
