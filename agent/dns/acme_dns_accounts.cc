#include "agent/dns/acme_dns_accounts.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "agent/files/atomic_file.h"

namespace agent {
namespace {

constexpr std::size_t max_file = 64 << 10;

std::string text_at(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

base::Result<AcmeDnsAccount, std::string> parse_acme_dns_account(const std::string& text) {
  const nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) return base::Unexpected(std::string("it is no JSON object"));
  AcmeDnsAccount account{.fulldomain = text_at(object, "fulldomain"),
                         .subdomain = text_at(object, "subdomain"),
                         .username = text_at(object, "username"),
                         .password = text_at(object, "password")};
  for (const std::string* member :
       {&account.fulldomain, &account.subdomain, &account.username, &account.password}) {
    const bool is_one_line = member->find_first_of("\r\n") == std::string::npos;
    if (member->empty() || !is_one_line) {
      return base::Unexpected(
          std::string("it has no usable fulldomain, subdomain, username and password"));
    }
  }
  if (auto name = dns::Name::parse(account.fulldomain); !name) {
    return base::Unexpected("its fulldomain is no name: " + name.error());
  }
  return account;
}

std::string AcmeDnsAccounts::path_of(const dns::Name& fqdn) const {
  return folder_ + "/" + fqdn.text() + "/account.json";
}

base::Result<std::optional<AcmeDnsAccount>, std::string> AcmeDnsAccounts::load(
    const dns::Name& fqdn) const {
  const FileContent content = read_file(path_of(fqdn), max_file);
  if (content.error == ENOENT) return std::optional<AcmeDnsAccount>();
  if (content.error != 0) {
    return base::Unexpected(path_of(fqdn) + ": " + std::generic_category().message(content.error));
  }
  auto account = parse_acme_dns_account(content.bytes);
  if (!account) return base::Unexpected(path_of(fqdn) + ": " + account.error());
  return std::optional(*std::move(account));
}

std::string AcmeDnsAccounts::save(const dns::Name& fqdn, const AcmeDnsAccount& account) const {
  namespace fs = std::filesystem;
  std::error_code ec;
  const fs::path folder = fs::path(path_of(fqdn)).parent_path();
  fs::create_directories(folder, ec);
  if (!ec) fs::permissions(folder_, fs::perms::owner_all, ec);
  if (ec) return folder.string() + ": " + ec.message();
  const nlohmann::json object = {{"fulldomain", account.fulldomain},
                                 {"subdomain", account.subdomain},
                                 {"username", account.username},
                                 {"password", account.password}};
  AtomicFile file(path_of(fqdn));
  file.write(object.dump(2) + "\n");
  file.commit();
  return file.error();
}

}  // namespace agent
