"""The strategy service: it carries the work from a threshold decision to a child seen.

It owns strategy meetings, who leads them, attendance and quorum, allocation to a social worker and
visits. It publishes the `strategy.*` facts and hears the whole of `/referral`. It never decides a
threshold.
"""
