#include "agent/cli/doctor_checks.h"

#include <arpa/inet.h>
#include <filesystem>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "agent/cli/doctor_http.h"
#include "agent/cli/doctor_runtime.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr auto accepted_skew = 30s;
constexpr auto dangerous_skew = 5min;
constexpr const char* challenge_path = "/.well-known/acme-challenge/acme-spoa-doctor";

Finding fine(const std::string& subject, std::string text) {
  return {Verdict::fine, subject, std::move(text), {}};
}
Finding warning(const std::string& subject, std::string text, std::string remedy) {
  return {Verdict::warning, subject, std::move(text), std::move(remedy)};
}
Finding problem(const std::string& subject, std::string text, std::string remedy) {
  return {Verdict::problem, subject, std::move(text), std::move(remedy)};
}

Finding check_folder(const std::string& key, const std::string& folder) {
  std::error_code ec;
  if (!std::filesystem::is_directory(folder, ec)) {
    // The daemon makes it, where it may.
    const std::string parent = std::filesystem::path(folder).parent_path().string();
    if (::access(parent.c_str(), W_OK) == 0) return fine(key, folder + " will be made");
    return problem(key,
                   folder + " is not there, and cannot be made",
                   "make it, owned by the user that acme-spoa runs as");
  }
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) == 0) return fine(key, folder + " is writable");
  return problem(key,
                 folder + " cannot be written by this user",
                 "run this as acme-spoa's user, or chown the folder to it");
}

/// Private keys lie in it.
Finding check_secret(const std::string& key, const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fine(key, path + " will be made");
  if ((info.st_mode & S_IRWXO) == 0) return fine(key, path + " is closed to others");
  return problem(key, path + " is open to every user of this machine", "chmod o-rwx " + path);
}

Finding check_clock(const std::string& subject, base::WallTime theirs, base::WallTime ours) {
  const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(ours - theirs);
  const auto skew = ahead < 0s ? -ahead : ahead;
  const std::string text = "this machine's clock is " + std::to_string(skew.count()) + " s " +
                           (ahead < 0s ? "behind" : "ahead of") + " the authority's";
  if (skew <= accepted_skew) return fine(subject, "the clocks agree");
  const char* const remedy = "let chrony or systemd-timesyncd keep the time";
  return skew < dangerous_skew ? warning(subject, text, remedy) : problem(subject, text, remedy);
}

/// Numeric, in brackets if it is IPv6; the error is a sentence.
base::Result<std::vector<std::string>, std::string> addresses_of(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (code != 0) return base::Unexpected<std::string>(::gai_strerror(code));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  std::vector<std::string> all;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char text[INET6_ADDRSTRLEN] = {};
    ::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
    all.push_back(one->ai_family == AF_INET6 ? "[" + std::string(text) + "]" : text);
  }
  return all;
}

Finding check_http(const std::string& name, const std::string& address, std::uint16_t port) {
  const std::string where = address + ":" + std::to_string(port);
  const HttpFinding found =
      probe_http({.url = "http://" + name + challenge_path, .connect = where});
  if (found.status == 0) {
    return problem(name,
                   "plain HTTP at " + where + " gets no answer: " + found.error,
                   "let port 80 through to HAProxy at every address that the DNS has for the name; "
                   "http-01 is proven there");
  }
  if (found.status >= 300 && found.status < 400) {
    return warning(name,
                   where + " sends challenges elsewhere: " + found.location,
                   "the rules of `acme-spoa haproxy-config` go before every redirect");
  }
  return fine(name, "plain HTTP at " + where + " answers, status " + std::to_string(found.status));
}

}  // namespace

Findings check_files(const Config& config) {
  Findings findings;
  findings.push_back(check_folder("state_directory", config.state_directory));
  findings.push_back(check_secret("state_directory", config.state_directory));
  findings.push_back(
      check_folder("haproxy.certificate_directory", config.haproxy.certificate_directory));
  findings.push_back(
      check_secret("haproxy.certificate_directory", config.haproxy.certificate_directory));
  for (const AuthorityConfig& authority : config.authorities) {
    if (!authority.eab || ::access(authority.eab->hmac_key_file.c_str(), R_OK) == 0) continue;
    findings.push_back(problem("authority " + authority.name,
                               authority.eab->hmac_key_file + " cannot be read",
                               "put the key that the authority gave you there"));
  }
  return findings;
}

Findings check_authority(const AuthorityConfig& authority, base::WallTime now) {
  const std::string subject = "authority " + authority.name;
  const HttpFinding found =
      probe_http({.url = authority.directory, .ca_file = authority.ca_file.value_or("")});
  if (found.status != 200) {
    const std::string why =
        found.status == 0 ? found.error : "status " + std::to_string(found.status);
    return {problem(subject,
                    authority.directory + " is not reached: " + why,
                    "let this machine open HTTPS connections to it; the daemon needs nothing else "
                    "of the internet")};
  }
  const auto directory = nlohmann::json::parse(found.body, nullptr, false);
  if (!directory.is_object() || !directory.contains("newOrder")) {
    return {problem(subject,
                    authority.directory + " is no ACME directory",
                    "look up the directory's URL in the authority's documentation")};
  }
  Findings findings{fine(subject, "its directory is reached")};
  if (found.date) findings.push_back(check_clock(subject, *found.date, now));
  return findings;
}

Findings check_runtime_api(const HaproxyInstanceConfig& instance) {
  const std::string subject = "haproxy " + instance.name;
  const std::string where = base::to_string(instance.runtime);
  const auto level = ask_runtime_api(instance.runtime, "show cli level");
  if (!level) {
    return {problem(subject,
                    where + " does not answer: " + level.error(),
                    "HAProxy needs `stats socket ... level admin` there, open to this user; see "
                    "`acme-spoa haproxy-config`")};
  }
  if (level->find("admin") != std::string::npos) {
    return {fine(subject, where + " answers, with level admin")};
  }
  return {problem(subject,
                  where + " does not let us change certificates",
                  "its `stats socket` line needs `level admin`")};
}

Findings check_hostname(const std::string& name, std::uint16_t http_port) {
  const auto addresses = addresses_of(name);
  if (!addresses) {
    return {problem(name,
                    "the DNS has no address for it: " + addresses.error(),
                    "its owner points it to HAProxy with an A, AAAA or CNAME record")};
  }
  Findings findings;
  for (const std::string& address : *addresses) {
    findings.push_back(check_http(name, address, http_port));
  }
  return findings;
}

}  // namespace agent
