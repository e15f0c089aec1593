"""The network of Stream Desk: which table did the guest name last?"""
