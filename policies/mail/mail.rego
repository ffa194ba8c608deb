# METADATA
# title: Mailboxes
# description: Follows the rules of `messaging`, whose verbs and recipients it shares.
# scope: package
package policies.mail

import data.policies.messaging

allow contains rule if some rule in messaging.allow

require_approval contains rule if some rule in messaging.require_approval

deny contains rule if some rule in messaging.deny

counts contains one if some one in messaging.counts

flow contains fact if some fact in messaging.flow
