#include "acme/owner_hint.h"

#include <array>

namespace acme {
namespace {

struct Hint {
  Errc code;
  std::string_view text;
};

constexpr std::array hints = {
    Hint{Errc::caa, "What to do: add the authority to the CAA records of the name, or remove them"},
    Hint{Errc::dns,
         "What to do: check that the name exists in DNS, that its name servers answer, and that "
         "its address records lead here"},
    Hint{Errc::connection,
         "What to do: check that the name's A and AAAA records lead here and that no firewall "
         "closes port 80"},
    Hint{Errc::tls,
         "What to do: check that the name's A and AAAA records lead here; another server answers "
         "on port 443"},
    Hint{Errc::incorrect_response,
         "What to do: check that all A and AAAA records of the name lead here; another server has "
         "answered"},
    Hint{Errc::unauthorized,
         "What to do: check that all A and AAAA records of the name lead here; another server has "
         "answered"},
    Hint{Errc::rejected_identifier,
         "What to do: ask the authority; its policy does not allow this name"},
    Hint{Errc::unsupported_identifier,
         "What to do: use another authority; this one issues no certificates for such names"},
    Hint{Errc::rate_limited,
         "What to do: nothing, unless it says that the name is paused: then visit the link"},
    Hint{Errc::user_action_required,
         "What to do: the operator has to agree to new terms of the authority"},
    Hint{Errc::external_account_required,
         "What to do: the operator has to configure the account binding of the authority"},
    Hint{Errc::invalid_profile,
         "What to do: the operator has to configure a profile that the authority offers"},
    Hint{Errc::no_usable_challenge,
         "What to do: the operator has to allow a challenge type that the authority offers"},
};

}  // namespace

std::string_view owner_hint(Errc code) {
  for (const Hint& hint : hints) {
    if (hint.code == code) return hint.text;
  }
  return "";
}

}  // namespace acme
