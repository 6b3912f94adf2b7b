#include "agent/api/name_list.h"

#include <string>
#include <unordered_set>
#include <utility>

#include "agent/model/hostname_input.h"

namespace agent {

std::vector<base::DomainName> take_names(JsonBody& body, std::size_t max) {
  const std::vector<std::string> texts = body.texts("names", max);
  std::vector<base::DomainName> names;
  std::unordered_set<base::DomainName> seen;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string field = "names[" + std::to_string(i) + "]";
    auto name = parse_hostname(texts[i], field);
    if (!name) {
      body.refuse(field, "hostname", std::move(name).error());
    } else if (!seen.insert(*name).second) {
      body.refuse(field, "unique", name->text() + " is in the list already");
    } else {
      names.push_back(*std::move(name));
    }
  }
  return names;
}

}  // namespace agent
